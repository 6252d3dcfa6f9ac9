"""Makes as many requests as named with one client: boto3-requests.py COUNT [SECONDS BETWEEN]"""
import json
import sys
import time

import boto3

count = int(sys.argv[1])
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0
client = boto3.client("sts", region_name="us-east-1")
for request in range(count):
    if request:
        time.sleep(pause)
    answer = client.get_caller_identity()
print(json.dumps({"Arn": answer["Arn"], "Account": answer["Account"]}))
