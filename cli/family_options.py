"""The options of ``lowformer-bench --family``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .options import as_named

_FORMATS = ("onnx", "tflite")
_NAMES = ("format", "output", "variants", "rival", "plot")


def add_family_options(group: Any) -> None:
    """Adds them to a group of arguments."""
    group.add_argument(
        "--format",
        type=as_named(_FORMATS),
        choices=_FORMATS,
        help="of the variants' files (default: onnx)",
    )
    group.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where those files are kept; what is there is used again (default: lowformer-family)",
    )
    group.add_argument("--variants", metavar="NAME,...", help="only these (default: all)")
    group.add_argument(
        "--rival",
        action="append",
        metavar="NAME=FILE",
        help="another model to time; several times if need be",
    )
    group.add_argument(
        "--plot", type=Path, metavar="FILE", help="latency over multiply-accumulates (.png, .svg)"
    )


def check_no_family_options(options: argparse.Namespace) -> None:
    """Refuses them where they would do nothing.

    Raises:
        UsageError: One was given.
    """
    for name in _NAMES:
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} belongs to --family; give both, or neither")
