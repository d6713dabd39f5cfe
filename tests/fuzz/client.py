"""Stands for ``python -m MODULE``: has a zygote run it, and ends as it ends.

It is run as a script, without site-packages: SOCKET, then the module and its arguments.
"""

import array
import json
import os
import signal
import socket
import sys


def main() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as zygote:
        zygote.connect(sys.argv[1])
        request = {
            "arguments": sys.argv[2:],
            "folder": os.getcwd(),  # noqa: PTH109 - without pathlib it starts sooner
            "environment": dict(os.environ),
        }
        streams = array.array("i", (0, 1, 2))
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)
        zygote.sendmsg([json.dumps(request).encode()], [rights])
        code = int(zygote.recv(16) or 1)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (9, 19) else None
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
