"""Running ONNX files with ONNX Runtime, on the CPU."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.interface import METADATA_NAME, parse_metadata
from ...artifact.manifest import Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.text import one_line
from ..damage import telling_damage
from ..images import with_layouts
from ..runner import Runner

PROVIDER = "CPUExecutionProvider"

_TYPES = {
    f"tensor({called})": name
    for name, called in {
        "float32": "float",
        "float64": "double",
        **{name: name for name in ("float16", "int8", "uint8", "int16", "int32", "int64", "bool")},
    }.items()
}
"""Types as ONNX Runtime calls them, by numpy's names."""

_ERRORS_ONLY = 3

LONGEST_REASON = 500


def load_runtime() -> Any:
    """The module onnxruntime.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        with deferred_interrupt(), captured_output():
            import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            "running .onnx files needs onnxruntime, which is not installed; install the extra"
            " onnx-runtime"
        ) from error
    return onnxruntime


def open_session(
    path: Path, threads: int = 1, optimized: Path | None = None, trace: Path | None = None
) -> Any:
    """ONNX Runtime's session for a file.

    Args:
        path: The file.
        threads: Threads within an op; ops run one after the other. Idle threads sleep: ONNX
            Runtime's default lets them spin, which slows down whatever else runs in turns.
        optimized: Where to write the graph as the runtime will run it.
        trace: How the name of a trace of the runs begins, if one is to be written.

    Raises:
        ArtifactError: The file is missing, damaged, no ONNX model, or of a version or with ops
            that this runtime does not know.
        MissingDependencyError: onnxruntime is not installed.
    """
    if not path.is_file():
        raise ArtifactError(f"{path}: there is no such file")
    onnxruntime = load_runtime()
    options = session_options(threads)
    if optimized:
        options.optimized_model_filepath = str(optimized)
    if trace:
        options.enable_profiling = True
        options.profile_file_prefix = str(trace)
    try:
        with deferred_interrupt(), captured_output():
            return onnxruntime.InferenceSession(str(path), options, providers=[PROVIDER])
    except Exception as error:
        raise ArtifactError(
            f"{path}: ONNX Runtime {onnxruntime.__version__} cannot load it ({_reason(error)}); if"
            " it is whole, it was made for another version or runtime"
        ) from error


def session_options(threads: int) -> Any:
    """Options of a session with a number of threads, quiet but for errors."""
    options = load_runtime().SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _reason(error: Exception) -> str:
    """ONNX Runtime's message without its codes, the file's name and places in its sources."""
    text = one_line(error).rpartition(" failed:")[2]
    return re.sub(r"^/onnxruntime_src/.*?\)(?= [A-Z]) ", "", text)[:LONGEST_REASON].rstrip(".")


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of a file; what is left open, such as the number of images, is None.

    Raises:
        ArtifactError: The file cannot be read.
    """
    return _tensors(path, open_session(path))


def _tensors(path: Path, session: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    with telling_damage(path):
        return with_layouts(
            [_tensor(item) for item in session.get_inputs()],
            [_tensor(item) for item in session.get_outputs()],
            "NCHW",
            _parsed(path, _stated(path, session)),
        )


def _tensor(item: Any) -> Tensor:
    return Tensor(
        name=item.name,
        shape=tuple(size if isinstance(size, int) else None for size in item.shape),
        dtype=_TYPES.get(item.type, item.type),
        layout="",
    )


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The JSON that ``lowformer-export`` put into a file, or None where there is none.

    Raises:
        ArtifactError: The file cannot be read, or its metadata are damaged.
    """
    return _parsed(path, _stated(path, open_session(path)))


def _stated(path: Path, session: Any) -> str | None:
    """The metadata of an open file, as they are written."""
    with telling_damage(path):
        stated: str | None = session.get_modelmeta().custom_metadata_map.get(METADATA_NAME)
    return stated


def _parsed(path: Path, stated: str | None) -> dict[str, Any] | None:
    if stated is None:
        return None
    try:
        return parse_metadata(stated)
    except ValueError as error:
        raise ArtifactError(f"{path}: its metadata are damaged; export again") from error


class OnnxRunner(Runner):
    """Runs an ONNX file.

    Args:
        path: The file.
        threads: Threads of ONNX Runtime.
        trace: How the name of a trace of the runs begins, if one is to be written.

    Raises:
        ArtifactError: The file cannot be read, or has tensors of a type that is not run.
    """

    runtime = "ONNX Runtime"

    def __init__(self, path: Path, threads: int = 1, trace: Path | None = None) -> None:
        session = self._open(path, threads, trace)
        super().__init__(path, *_tensors(path, session), threads)
        self._stated = _stated(path, session)
        self._session: Any = session
        self._binding: Any = session.io_binding()

    def _open(self, path: Path, threads: int, trace: Path | None) -> Any:
        """The session that runs the file."""
        return open_session(path, threads, trace=trace)

    def __enter__(self) -> OnnxRunner:
        return self

    def metadata(self) -> dict[str, Any] | None:
        """See :class:`Runner`."""
        return _parsed(self.path, self._stated)

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        for tensor, value in zip(self.inputs, values, strict=True):
            self._binding.bind_cpu_input(tensor.name, value)
        for tensor in self.outputs:
            self._binding.bind_output(tensor.name)

    def invoke(self) -> None:
        """See :class:`Runner`.

        Raises:
            ArtifactError: These inputs cannot be computed.
        """
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise ArtifactError(
                f"{self.path}: ONNX Runtime cannot compute it ({_reason(error)}); give inputs of"
                " other sizes or values"
            ) from error

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        return [np.asarray(value) for value in self._binding.copy_outputs_to_cpu()]

    def end_trace(self) -> Path:
        """Ends the trace that was asked for, and gives its file."""
        return Path(self._session.end_profiling())

    def close(self) -> None:
        """See :class:`Runner`."""
        self._binding = self._session = None
