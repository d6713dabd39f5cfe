"""Makes a peer's files, in that peer's own Python: ``convert PEER WHAT FILES INTO``."""

from __future__ import annotations

import sys
from pathlib import Path

from .peer import peer_of


def main(arguments: list[str]) -> None:
    name, what, files, into = arguments
    peer_of(name).convert(what, Path(files), Path(into))


if __name__ == "__main__":
    main(sys.argv[1:])
