"""Sends the requests of stdin, one a line, and prints for each its error code, or null, and the ARN it gives.

A line is JSON: endpoint, operation, parameters and, for operations that are signed, credentials.
"""

import json
import sys

import boto3
import botocore.exceptions
from botocore import xform_name
from botocore.config import Config

# What AWS says of a request is asked, not what botocore says before it sends one.
CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 1})
clients = {}


def client_for(endpoint, credentials):
    key = (endpoint, credentials.get("accessKeyId"))
    if key not in clients:
        clients[key] = boto3.client(
            "sts",
            endpoint_url=endpoint,
            region_name="eu-central-1",
            aws_access_key_id=credentials.get("accessKeyId", "unused"),
            aws_secret_access_key=credentials.get("secretAccessKey", "unused"),
            aws_session_token=credentials.get("sessionToken"),
            config=CONFIG,
        )
    return clients[key]


for line in sys.stdin:
    request = json.loads(line)
    client = client_for(request["endpoint"], request.get("credentials") or {})
    code = arn = None
    try:
        answer = getattr(client, xform_name(request["operation"]))(**request["parameters"])
        arn = answer.get("AssumedRoleUser", answer).get("Arn")
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
    except Exception as error:  # an answer that is no answer of STS
        code = type(error).__name__
    print(json.dumps({"code": code, "arn": arn}), flush=True)
