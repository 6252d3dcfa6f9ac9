"""The AWS CLI loaded once, since most of a call is loading it: a call is a fork with the caller's arguments,
environment, directory and streams. `serve SOCKET` answers until it is killed; `call SOCKET ARGUMENT...` calls."""

import json
import os
import socket
import sys


def serve(path):
    import functools
    import gc
    import signal

    import awscli.clidriver
    from botocore.loaders import JSONFileLoader

    JSONFileLoader.load_file = functools.lru_cache(None)(JSONFileLoader.load_file)
    # Loads the data that every call reads.
    session = awscli.clidriver.create_clidriver().session
    for service in ("iam", "sts"):
        session.create_client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    gc.disable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    while True:
        connection, _ = server.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(connection)
        connection.close()


def answer(connection):
    import awscli.clidriver

    message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not message.endswith(b"\n"):
        message += connection.recv(1 << 20)
    call = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(call["directory"])
    # The AWS CLI names its own data in a variable when it is loaded.
    data = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update({"AWS_DATA_PATH": data, **call["environment"]})
    sys.argv = ["aws", *call["arguments"]]
    code = awscli.clidriver.main()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(bytes([code]))
    os._exit(0)


def call(path, arguments):
    what = {"arguments": arguments, "directory": os.getcwd(), "environment": dict(os.environ)}
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    text = json.dumps(what).encode() + b"\n"
    sent = socket.send_fds(client, [text], [0, 1, 2])
    client.sendall(text[sent:])
    code = client.recv(1)
    os._exit(code[0] if code else 255)


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    call(sys.argv[2], sys.argv[3:])
