"""Lines on files in fp16 as they are where half precision is really that."""

from __future__ import annotations

from collections.abc import Mapping

from ...artifact.manifest import HalfPrecision
from ..terminal import result_console


def print_halves(halves: Mapping[str, HalfPrecision]) -> None:
    """Prints them, see :func:`described_halves`."""
    console = result_console()
    for line in described_halves(halves):
        console.print(line, soft_wrap=True)


def described_halves(halves: Mapping[str, HalfPrecision]) -> list[str]:
    """How closely files in fp16 follow the model where half precision is really that.

    Args:
        halves: What was found out, by the files' names.
    """
    lines = []
    computed: dict[str, list[str]] = {}
    for file, half in halves.items():
        if half.not_run is not None:
            lines.append(f"{file}: not computed in half precision, {half.not_run}")
            continue
        whose = f"summed in {half.accumulation}"
        figure = "NaN or infinity"
        if half.parity:
            decibels = half.parity.sqnr_db
            figure = decibels if isinstance(decibels, str) else f"{decibels:.1f} dB"
            whose += f", on {half.parity.images} images"
        computed.setdefault(whose, []).append(f"{file} {figure}")
    figures = [f"{whose}: {', '.join(files)}" for whose, files in computed.items()]
    return [f"emulated in half precision, {text}" for text in figures] + lines
