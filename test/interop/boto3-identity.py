"""Prints the caller identity and region that boto3 finds: boto3-identity.py [PROFILE]

With CALLS in the environment it asks as often with one client, PAUSE seconds apart.
"""
import json
import os
import sys
import time

import boto3

session = boto3.Session(profile_name=sys.argv[1]) if len(sys.argv) > 1 else boto3.Session()
client = session.client("sts", **({} if session.region_name else {"region_name": "us-east-1"}))
answer = client.get_caller_identity()
for _ in range(1, int(os.environ.get("CALLS", 1))):
    time.sleep(float(os.environ.get("PAUSE", 0)))
    answer = client.get_caller_identity()
print(json.dumps({"Arn": answer["Arn"], "Account": answer["Account"], "region": session.region_name}))
