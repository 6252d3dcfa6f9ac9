"""The AWS CLI without its start-up time: loads it once, and forks for each call. For scripts with hundreds of calls."""

import json
import os
import signal
import socket
import sys

from awscli import clidriver

# Where awscli found its own data as it was loaded.
DATA = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    if os.fork() > 0:
        connection.close()
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    data, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    call = json.loads(data)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.environ.clear()
    os.environ.update(call["env"] | DATA)
    os.chdir(call["cwd"])
    sys.argv = ["aws", *call["args"]]
    try:
        code = clidriver.main()
    except SystemExit as ending:
        code = ending.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([code or 0]))
    os._exit(0)
