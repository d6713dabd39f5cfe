"""Running ONNX files with ONNX Runtime, on the CPU."""

from __future__ import annotations

import re
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
from ..runner import Runner

PROVIDER = "CPUExecutionProvider"

_TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16"}
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
    """Inputs and outputs of a file; an open batch counts as 1.

    Raises:
        ArtifactError: The file cannot be read.
    """
    session = open_session(path)
    return (
        tuple(_tensor(item, "NCHW") for item in session.get_inputs()),
        tuple(_tensor(item, "NC") for item in session.get_outputs()),
    )


def _tensor(item: Any, layout: str) -> Tensor:
    return Tensor(
        name=item.name,
        shape=_shape(item),
        dtype=_TYPES.get(item.type, item.type),
        layout=layout if len(item.shape) == len(layout) else "",
    )


def _shape(item: Any) -> tuple[int, ...]:
    return tuple(size if isinstance(size, int) else 1 for size in item.shape)


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The JSON that ``lowformer-export`` put into a file, or None where there is none.

    Raises:
        ArtifactError: The file cannot be read, or its metadata are damaged.
    """
    text = open_session(path).get_modelmeta().custom_metadata_map.get(METADATA_NAME)
    if text is None:
        return None
    try:
        return parse_metadata(text)
    except ValueError as error:
        raise ArtifactError(f"{path}: its metadata are damaged; export again") from error


class OnnxRunner(Runner):
    """Runs an ONNX file with one image input and one output of logits.

    Args:
        path: The file; its input is [N, 3, H, W] in float32. Where N is open, it is 1.
        threads: Threads of ONNX Runtime.
        trace: How the name of a trace of the runs begins, if one is to be written.

    Raises:
        ArtifactError: The file cannot be read, or has other inputs and outputs.
    """

    runtime = "ONNX Runtime"

    def __init__(self, path: Path, threads: int = 1, trace: Path | None = None) -> None:
        session = self._open(path, threads, trace)
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4:
            raise ArtifactError(f"{path}: not an image classifier with one input and one output")
        self.batch, channels, height, width = _shape(inputs[0])
        if height != width or channels != 3 or inputs[0].type != "tensor(float)":
            raise ArtifactError(
                f"{path}: its input is {inputs[0].type} {list(inputs[0].shape)}, not square RGB"
                " images in float32 in the order NCHW"
            )
        self.input_size, self.threads = height, threads
        self.num_classes = _shape(outputs[0])[-1]
        self._names = inputs[0].name, outputs[0].name
        self._session: Any = session
        self._binding: Any = session.io_binding()

    def _open(self, path: Path, threads: int, trace: Path | None) -> Any:
        """The session that runs the file."""
        return open_session(path, threads, trace=trace)

    def __enter__(self) -> OnnxRunner:
        return self

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._binding.bind_cpu_input(self._names[0], np.ascontiguousarray(images))
        self._binding.bind_output(self._names[1])

    def invoke(self) -> None:
        self._session.run_with_iobinding(self._binding)

    def output(self) -> NDArray[np.float32]:
        (logits,) = self._binding.copy_outputs_to_cpu()
        return np.asarray(logits, np.float32)

    def end_trace(self) -> Path:
        """Ends the trace that was asked for, and gives its file."""
        return Path(self._session.end_profiling())

    def close(self) -> None:
        self._binding = self._session = None
