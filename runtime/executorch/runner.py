"""Running ExecuTorch programs.

Three things can do it: the package ``executorch``, whose tensors are torch's; the smaller
``executorch-numpy-runtime``, which needs no torch and is preferred where it is installed; and,
before both where a variable names it, a library of ours that is built against the first one's.
"""

from __future__ import annotations

import abc
import contextlib
import ctypes
import importlib
import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.interface import INPUT_NAME, OUTPUT_NAME
from ...artifact.manifest import Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.text import one_line
from ..images import image_layout, stated_maps, with_layouts
from ..runner import Runner
from .program import FORWARD, ExecuTorchProgram, read_program

NUMPY_RUNTIME = "executorch_numpy_runtime"
BINDINGS = "executorch.extension.pybindings.portable_lib"

LIBRARY_VARIABLE = "LOWFORMER_EDGE_EXECUTORCH_LIBRARY"
"""Names the library that ``lab/native/executorch_library.cpp`` was compiled to."""


class _Method(abc.ABC):
    """The method ``forward`` of a loaded program."""

    @abc.abstractmethod
    def set_inputs(self, values: Sequence[NDArray[Any]]) -> None: ...

    @abc.abstractmethod
    def execute(self) -> None: ...

    @abc.abstractmethod
    def outputs(self) -> list[NDArray[Any]]: ...


class _TorchMethod(_Method):
    """By the bindings of the package executorch.

    Its public method ``execute`` copies inputs and outputs each time; the three methods below it
    are public in its interface file and let a run be timed alone.
    """

    def __init__(self, path: Path, threads: int) -> None:
        bindings: Any = importlib.import_module(BINDINGS)
        self._tensor = importlib.import_module("torch").from_numpy
        bindings._unsafe_reset_threadpool(threads)
        self._program = bindings._load_program(str(path))
        self._method = self._program.load_method(FORWARD)

    def set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        self._inputs = [self._tensor(value) for value in values]
        self._method.set_inputs(self._inputs)

    def execute(self) -> None:
        self._method.execute()

    def outputs(self) -> list[NDArray[Any]]:
        return [np.array(tensor.numpy()) for tensor in self._method.get_outputs()]


class _NumpyMethod(_Method):
    """By the package executorch-numpy-runtime."""

    def __init__(self, path: Path) -> None:
        runtime: Any = importlib.import_module(NUMPY_RUNTIME)
        self._program = runtime.Runtime.get().load_program(str(path))
        self._method = self._program.load_method(FORWARD)

    def set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        self._inputs = list(values)

    def execute(self) -> None:
        self._outputs = self._method(self._inputs)

    def outputs(self) -> list[NDArray[Any]]:
        return [np.array(value) for value in self._outputs]


_LIBRARY_TYPES = {"float32": 6, "uint8": 0}
"""What our library takes, by the numbers of types in ``scalar_type.fbs``."""


class _LibraryMethod(_Method):
    """By a library of ours, without torch; see ``lab/native/executorch_library.cpp``."""

    def __init__(
        self, library: str, path: Path, threads: int, program: ExecuTorchProgram, traced: bool
    ) -> None:
        if len(program.inputs) != 1 or program.inputs[0].dtype not in _LIBRARY_TYPES:
            taken = ", ".join(tensor.dtype for tensor in program.inputs)
            raise ArtifactError(
                f"{path}: ExecuTorch's library in the laboratory takes one input, of"
                f" {' or '.join(_LIBRARY_TYPES)}, not {taken}; run it with the package executorch"
            )
        self._library = ctypes.CDLL(library)
        self._program = ctypes.c_void_p()
        self._outputs = program.outputs
        self._library.lfe_trace.restype = ctypes.c_char_p
        opened = self._library.lfe_open_traced if traced else self._library.lfe_open
        self._check(
            opened(os.fsencode(path), ctypes.c_uint32(threads), ctypes.byref(self._program))
        )

    def set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        (value,) = values
        shape = (ctypes.c_int32 * value.ndim)(*value.shape)
        self._library.lfe_set_input(
            self._program,
            value.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_size_t(value.nbytes),
            ctypes.c_int(_LIBRARY_TYPES[value.dtype.name]),
            shape,
            ctypes.c_size_t(value.ndim),
        )

    def execute(self) -> None:
        self._check(self._library.lfe_invoke(self._program))

    def outputs(self) -> list[NDArray[Any]]:
        return [self._output(number) for number in range(len(self._outputs))]

    def trace(self) -> str:
        """What ops took since the last call; see ``lfe_trace``."""
        found: bytes = self._library.lfe_trace(self._program)
        return found.decode("utf-8", "replace")

    def _output(self, number: int) -> NDArray[Any]:
        values = np.empty(self._outputs[number].shape, self._outputs[number].dtype)
        self._check(
            self._library.lfe_output(
                self._program,
                ctypes.c_size_t(number),
                values.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_size_t(values.nbytes),
            )
        )
        return values

    def __del__(self) -> None:
        if getattr(self, "_program", None):
            self._library.lfe_close(self._program)

    @staticmethod
    def _check(code: int) -> None:
        if code:
            raise RuntimeError(f"ExecuTorch's error {code:#x}")


def load_runtime() -> None:
    """Loads the package that runs programs.

    Raises:
        MissingDependencyError: None is installed.
    """
    with _dependency(), deferred_interrupt(), captured_output():
        if os.environ.get(LIBRARY_VARIABLE):
            return
        if importlib.util.find_spec(NUMPY_RUNTIME):
            importlib.import_module(NUMPY_RUNTIME)
        else:
            importlib.import_module(BINDINGS)


@contextlib.contextmanager
def _dependency() -> Iterator[None]:
    """Says which package is missing.

    Raises:
        MissingDependencyError: The block could not import it.
    """
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            "running .pte files needs executorch, which is not installed; install the extra"
            " executorch"
        ) from error


def _open_method(path: Path, threads: int, program: ExecuTorchProgram, traced: bool) -> _Method:
    """Loads a program.

    Raises:
        ArtifactError: It needs a backend that is not here, or cannot be loaded.
        MissingDependencyError: No runtime is installed.
    """
    try:
        with _dependency(), deferred_interrupt(), captured_output():
            if library := os.environ.get(LIBRARY_VARIABLE):
                return _LibraryMethod(library, path, threads, program, traced)
            if importlib.util.find_spec(NUMPY_RUNTIME):
                return _NumpyMethod(path)
            missing = set(program.backends) - _registered_backends()
            if not missing:
                return _TorchMethod(path, threads)
    except (ArtifactError, MissingDependencyError):
        raise
    except Exception as error:
        raise ArtifactError(
            f"{path}: ExecuTorch cannot load it ({type(error).__name__}: {error}); export it again"
        ) from error
    raise ArtifactError(
        f"{path}: needs {', '.join(sorted(missing))}, which this ExecuTorch runtime has not; run"
        " it on a device that has"
    )


def _registered_backends() -> set[str]:
    bindings: Any = importlib.import_module(BINDINGS)
    return set(bindings._get_registered_backend_names())


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of a file.

    Raises:
        ArtifactError: The file cannot be read.
    """
    return tensors_of(read_program(path))


def tensors_of(program: ExecuTorchProgram) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The same of a program."""
    names = _input_names(program), _output_names(program)
    inputs, outputs = (
        [
            Tensor(name=name, shape=tensor.shape, dtype=tensor.dtype, layout="")
            for name, tensor in zip(names, tensors, strict=True)
        ]
        for names, tensors in zip(names, (program.inputs, program.outputs), strict=True)
    )
    return with_layouts(inputs, outputs, "NCHW", program.metadata)


def _input_names(program: ExecuTorchProgram) -> list[str]:
    """What the inputs are called here, since a program has no names for them."""
    if len(program.inputs) == 1 and image_layout(program.inputs[0].shape, "NCHW"):
        return [INPUT_NAME]
    return [f"input_{number}" for number in range(len(program.inputs))]


def _output_names(program: ExecuTorchProgram) -> list[str]:
    """What the outputs are called here: as the file states, or by number."""
    names = stated_maps(program.metadata)
    if names and len(names) == len(program.outputs):
        return list(names)
    if len(program.outputs) == 1 and len(program.outputs[0].shape) == 2:
        spec = (program.metadata or {}).get("spec")
        stated = spec.get("output") if isinstance(spec, dict) else None
        return [stated if isinstance(stated, str) else OUTPUT_NAME]
    return [f"output_{number}" for number in range(len(program.outputs))]


class ExecuTorchRunner(Runner):
    """Runs a program's method ``forward``.

    Args:
        path: The file.
        threads: Threads of XNNPACK. The thread pool belongs to the whole process: runners that
            are open at the same time have the number of the last one. The package
            executorch-numpy-runtime chooses its own.
        traced: Whether :meth:`trace` is wanted, which only our own library has.

    Raises:
        ArtifactError: The file cannot be read, needs a backend that is not here, or takes or gives
            what is not run.
    """

    runtime = "ExecuTorch"

    def __init__(self, path: Path, threads: int = 1, traced: bool = False) -> None:
        program = read_program(path)
        super().__init__(path, *tensors_of(program), threads)
        self._metadata = program.metadata
        self._method: _Method | None = _open_method(path, threads, program, traced)

    def __enter__(self) -> ExecuTorchRunner:
        return self

    def metadata(self) -> dict[str, Any] | None:
        """See :class:`Runner`."""
        return self._metadata

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        assert self._method is not None
        self._method.set_inputs(values)

    def invoke(self) -> None:
        """See :class:`Runner`.

        Raises:
            ArtifactError: These inputs cannot be computed.
        """
        assert self._method is not None
        try:
            self._method.execute()
        except RuntimeError as error:
            raise ArtifactError(
                f"{self.path}: ExecuTorch cannot compute it ({one_line(error)}); give inputs of"
                " other values"
            ) from error

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        assert self._method is not None
        return self._method.outputs()

    def trace(self) -> str:
        """What ops took since the last call, a line of nanoseconds and a name each."""
        assert isinstance(self._method, _LibraryMethod)
        return self._method.trace()

    def close(self) -> None:
        """See :class:`Runner`."""
        self._method = None
