"""What can be done with the files of one format."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..artifact.formats import Format
from ..artifact.manifest import Tensor
from ..errors import ArtifactError
from .arithmetic import Arithmetic
from .damage import telling_damage
from .onnx.stored_graph import StoredGraph
from .products import Product
from .profile import Profile
from .residency import Residency
from .runner import Runner
from .trace import Tracer


@dataclasses.dataclass(frozen=True)
class FormatRuntime:
    """What runs and reads the files of a format.

    Attributes:
        facts: The format.
        load_runtime: Imports what runs it, so that opening a file can be timed alone.
        runner: Opens a file with a number of threads.
        residency: Tells where its ops run.
        tensors: Its inputs and outputs.
        metadata: What ``lowformer-export`` put into it, or None.
        profile: Tells what its ops take, for a file, threads and runs, in a fresh process only; or
            why nothing can tell that.
        tracer: Opens a file to compute its ops one at a time, and those in half precision by a
            given arithmetic; or why nothing can.
        stored_graph: Reads the graph that a file holds, where residency is told of the one that the
            runtime makes of it; None where both are the same.
        products: The ops of a file that multiply, in the order in which they run; None where
            nothing tells them.
    """

    facts: Format
    load_runtime: Callable[[], object]
    runner: Callable[[Path, int], Runner]
    residency: Callable[[Path, int], Residency]
    tensors: Callable[[Path], tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]
    metadata: Callable[[Path], dict[str, Any] | None]
    profile: Callable[[Path, int, int], Profile] | str
    tracer: Callable[[Path, Arithmetic | None], Tracer] | str
    stored_graph: Callable[[Path], StoredGraph] | None = None
    products: Callable[[Path], list[Product]] | None = None

    def profile_of(self, path: Path, threads: int, runs: int) -> Profile:
        """What a file's ops take.

        Raises:
            ArtifactError: The file cannot be run, or nothing can tell.
        """
        if isinstance(self.profile, str):
            raise ArtifactError(f"{path}: {self.profile}")
        return self.profile(path, threads, runs)

    def open_tracer(self, path: Path, half: Arithmetic | None = None) -> Tracer:
        """Opens a file to compute its ops one at a time.

        Args:
            path: The file.
            half: Computes the ops that are in half precision; of TFLite files all of them, as
                GPUs do. None for what the runtime here does.

        Raises:
            ArtifactError: The file cannot be read, whatever its library says of it, or nothing can
                compute its ops.
        """
        if isinstance(self.tracer, str):
            raise ArtifactError(f"{path}: {self.tracer}")
        with telling_damage(path):
            return self.tracer(path, half)
