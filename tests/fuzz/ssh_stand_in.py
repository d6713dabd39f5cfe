"""Stands for ``ssh``: sends the stream in the file that is its only argument."""

import json
import os
import re
import sys
import threading
import time


def main() -> None:
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - without pathlib it starts sooner
        afterwards = json.loads(file.readline())["afterwards"]
        stream = file.read()
    held = b""
    while not (found := re.search(rb'"token": "(\w+)"', held)):
        part = os.read(0, 1 << 16)
        if not part:
            return
        held += part
    threading.Thread(target=drain, daemon=True).start()
    stream = stream.replace(b"@token@", found[1])
    write(stream)
    if afterwards == "close":
        # The other side is still sending, and ends this when it has heard enough.
        os.close(1)
        time.sleep(60)
    while afterwards != "close":
        if afterwards == "endless":
            write((stream[-64:] or b"x") * 1000)
        elif afterwards == "drip":
            write(stream[-1:] or b"x")
            time.sleep(0.2)
        else:
            time.sleep(0.2)
    os._exit(0)


def drain() -> None:
    while os.read(0, 1 << 16):
        pass
    os._exit(0)


def write(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]


if __name__ == "__main__":
    main()
