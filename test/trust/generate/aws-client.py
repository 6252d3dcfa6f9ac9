"""Stands for `aws`: has the call made by aws-server.py, with the same arguments, environment and streams."""

import json
import os
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["AWS_SERVER"])
call = {"args": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}
socket.send_fds(connection, [json.dumps(call).encode()], [0, 1, 2])
sys.exit(connection.recv(1)[0])
