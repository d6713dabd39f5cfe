"""What a file says of itself, read in a process of its own, which a damaged one may end."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from ..artifact.manifest import Tensor
from ..runtime.formats import format_of
from ..runtime.onnx.stored_graph import StoredGraph
from ..runtime.residency import Residency
from ..runtime.work.fresh_process import ask, started
from ..runtime.work.measuring import serve
from ..runtime.work.request import Request

COMMAND = started("lowformer_edge.workflows.describing")


@dataclasses.dataclass(frozen=True)
class Description:
    """What a file says of itself, and where its ops run.

    Attributes:
        inputs: In the file's order.
        outputs: Likewise.
        residency: Where its ops run.
        stored: The graph that it holds, where its runtime makes another of it.
        metadata: What an export put into it, or None.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    residency: Residency
    stored: StoredGraph | None
    metadata: dict[str, Any] | None


class DescribeRequest(Request):
    """Describes one file."""

    task: Literal["describe"] = "describe"
    answer = Description
    files: tuple[Path]

    @property
    def inferences(self) -> int:
        """See :class:`Request`: none, but where ops run some runtimes tell of runs alone."""
        return 1

    def measure(self) -> Description:
        """See :class:`Request`."""
        (path,) = self.files
        runtime = format_of(path)
        residency = runtime.residency(path, self.threads)
        inputs, outputs = runtime.tensors(path)
        stored = runtime.stored_graph(path) if runtime.stored_graph else None
        return Description(inputs, outputs, residency, stored, runtime.metadata(path))


def describe(path: Path) -> Description:
    """What a file says of itself.

    Raises:
        ArtifactError: It cannot be read.
        CheckError: It ended the process that read it.
    """
    found = ask(DescribeRequest(files=(path,), threads=1), COMMAND)
    assert isinstance(found, Description)
    return found


if __name__ == "__main__":
    sys.exit(serve(TypeAdapter(DescribeRequest)))
