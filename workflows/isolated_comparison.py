"""Comparing two files in a process of its own, which a damaged one may end.

That process is ``python -m lowformer_edge.workflows.isolated_comparison``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..progress import QUIET, Progress
from ..runtime.work.fresh_process import ask
from ..runtime.work.job import Record
from ..runtime.work.measuring import answer_with
from .compare import Comparison, check_min_sqnr, compare_files

WORKER = (sys.executable, "-m", "lowformer_edge.workflows.isolated_comparison")


class ComparisonRequest(Record):
    """What is compared, see :func:`.compare_files`.

    Attributes:
        files: The reference, and what is held to it.
        golden: Their inputs.
        min_sqnr: What every output has to reach, in dB.
        threads: Of each runtime.
    """

    files: tuple[Path, Path]
    golden: Path | None = None
    min_sqnr: float | None = None
    threads: int = 1

    def read(self, answer: Any) -> Comparison:
        """The comparison, from plain values."""
        return TypeAdapter(Comparison).validate_python(answer)


def compare_isolated(request: ComparisonRequest, progress: Progress = QUIET) -> Comparison:
    """Compares two files in another process.

    Raises:
        CheckError: One of them ended it, besides what :func:`.compare_files` raises.
    """
    check_min_sqnr(request.min_sqnr)  # JSON has no infinity
    with progress.step("comparing"):
        return ask(request, WORKER)


def _compared(line: str) -> dict[str, Any]:
    request = ComparisonRequest.model_validate_json(line)
    found = compare_files(
        *request.files, request.golden, min_sqnr=request.min_sqnr, threads=request.threads
    )
    return TypeAdapter(Comparison).dump_python(found, mode="json")


if __name__ == "__main__":
    sys.exit(answer_with(_compared))
