"""Comparing two files in a process of its own, which a damaged one may end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

from ..artifact.arrays import rows_of
from ..process.limits import LARGEST_ARRAYS
from ..runtime.work.fresh_process import ask, started
from ..runtime.work.measuring import serve
from ..runtime.work.request import Request
from .compare import Comparison, compare_files

COMMAND = started("lowformer_edge.workflows.comparing")


class CompareRequest(Request):
    """Compares two files, see :func:`.compare_files`."""

    # Whatever number is given, it is judged as by the function itself.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    task: Literal["compare"] = "compare"
    answer = Comparison
    files: tuple[Path, Path]
    golden: Path | None
    min_sqnr: float | None

    @property
    def inferences(self) -> int:
        """See :class:`Request`."""
        return len(self.files) * (rows_of(self.golden, LARGEST_ARRAYS) if self.golden else 1)

    def measure(self) -> Comparison:
        """See :class:`Request`."""
        first, second = self.files
        return compare_files(
            first, second, self.golden, min_sqnr=self.min_sqnr, threads=self.threads
        )


def compare_apart(
    first: Path, second: Path, golden: Path | None, *, min_sqnr: float | None, threads: int
) -> Comparison:
    """The same as :func:`.compare_files`, where a file that ends its process ends no other.

    Raises:
        LowFormerEdgeError: As there.
        CheckError: A file ended the process.
    """
    request = CompareRequest(
        files=(first, second), golden=golden, min_sqnr=min_sqnr, threads=threads
    )
    found = ask(request, COMMAND)
    assert isinstance(found, Comparison)
    return found


if __name__ == "__main__":
    sys.exit(serve(TypeAdapter(CompareRequest)))
