"""Prints the caller identity and region that boto3 finds: boto3-identity.py [PROFILE]"""
import json
import sys

import boto3

session = boto3.Session(profile_name=sys.argv[1]) if len(sys.argv) > 1 else boto3.Session()
identity = session.client("sts", **({} if session.region_name else {"region_name": "us-east-1"}))
answer = identity.get_caller_identity()
print(json.dumps({"Arn": answer["Arn"], "Account": answer["Account"], "region": session.region_name}))
