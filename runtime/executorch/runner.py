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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.manifest import Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ..runner import Runner
from .program import FORWARD, ExecuTorchProgram, read_program

NUMPY_RUNTIME = "executorch_numpy_runtime"
BINDINGS = "executorch.extension.pybindings.portable_lib"

LIBRARY_VARIABLE = "LOWFORMER_EDGE_EXECUTORCH_LIBRARY"
"""Names the library that ``lab/native/executorch_library.cpp`` was compiled to."""


class _Method(abc.ABC):
    """The method ``forward`` of a loaded program."""

    @abc.abstractmethod
    def set_input(self, images: NDArray[np.float32]) -> None: ...

    @abc.abstractmethod
    def execute(self) -> None: ...

    @abc.abstractmethod
    def output(self) -> NDArray[np.float32]: ...


class _TorchMethod(_Method):
    """By the bindings of the package executorch.

    Its public method ``execute`` copies the input and the output each time; the three methods
    below it are public in its interface file and let a run be timed alone.
    """

    def __init__(self, path: Path, threads: int) -> None:
        bindings: Any = importlib.import_module(BINDINGS)
        self._tensor = importlib.import_module("torch").from_numpy
        bindings._unsafe_reset_threadpool(threads)
        self._program = bindings._load_program(str(path))
        self._method = self._program.load_method(FORWARD)

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._image = self._tensor(images)
        self._method.set_inputs([self._image])

    def execute(self) -> None:
        self._method.execute()

    def output(self) -> NDArray[np.float32]:
        (logits,) = self._method.get_outputs()
        return np.array(logits.numpy(), np.float32)


class _NumpyMethod(_Method):
    """By the package executorch-numpy-runtime."""

    def __init__(self, path: Path) -> None:
        runtime: Any = importlib.import_module(NUMPY_RUNTIME)
        self._program = runtime.Runtime.get().load_program(str(path))
        self._method = self._program.load_method(FORWARD)

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._image = images

    def execute(self) -> None:
        (self._logits,) = self._method([self._image])

    def output(self) -> NDArray[np.float32]:
        return np.array(self._logits, np.float32)


class _LibraryMethod(_Method):
    """By a library of ours, without torch; see ``lab/native/executorch_library.cpp``."""

    def __init__(self, library: str, path: Path, threads: int, num_classes: int) -> None:
        self._library = ctypes.CDLL(library)
        self._program = ctypes.c_void_p()
        self._logits = np.empty((1, num_classes), np.float32)
        self._check(
            self._library.lfe_open(
                os.fsencode(path), ctypes.c_uint32(threads), ctypes.byref(self._program)
            )
        )

    def set_input(self, images: NDArray[np.float32]) -> None:
        shape = (ctypes.c_int32 * images.ndim)(*images.shape)
        self._library.lfe_set_input(
            self._program,
            images.ctypes.data_as(ctypes.c_void_p),
            shape,
            ctypes.c_size_t(images.ndim),
        )
        self._logits = np.empty((len(images), self._logits.shape[1]), np.float32)

    def execute(self) -> None:
        self._check(self._library.lfe_invoke(self._program))

    def output(self) -> NDArray[np.float32]:
        self._check(
            self._library.lfe_output(
                self._program,
                self._logits.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_size_t(self._logits.size),
            )
        )
        return self._logits

    def __del__(self) -> None:
        if self._program:
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


def _open_method(path: Path, threads: int, program: ExecuTorchProgram) -> _Method:
    """Loads a program.

    Raises:
        ArtifactError: It needs a backend that is not here, or cannot be loaded.
        MissingDependencyError: No runtime is installed.
    """
    try:
        with _dependency(), deferred_interrupt(), captured_output():
            if library := os.environ.get(LIBRARY_VARIABLE):
                return _LibraryMethod(library, path, threads, program.outputs[0][1])
            if importlib.util.find_spec(NUMPY_RUNTIME):
                return _NumpyMethod(path)
            missing = set(program.backends) - _registered_backends()
            if not missing:
                return _TorchMethod(path, threads)
    except MissingDependencyError:
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
    program = read_program(path)
    return (
        tuple(_tensor("image", shape, "NCHW") for shape in program.inputs),
        tuple(_tensor("logits", shape, "NC") for shape in program.outputs),
    )


def _tensor(name: str, shape: tuple[int, ...], layout: str) -> Tensor:
    return Tensor(name=name, shape=shape, dtype="float32", layout=layout)


class ExecuTorchRunner(Runner):
    """Runs a program with one image input and one output of logits.

    Args:
        path: The file.
        threads: Threads of XNNPACK. The thread pool belongs to the whole process: runners that
            are open at the same time have the number of the last one. The package
            executorch-numpy-runtime chooses its own.

    Raises:
        ArtifactError: The file cannot be read, needs a backend that is not here, or has other
            inputs and outputs.
    """

    runtime = "ExecuTorch"

    def __init__(self, path: Path, threads: int = 1) -> None:
        program = read_program(path)
        shapes = [len(shape) for shape in (*program.inputs, *program.outputs)]
        if shapes != [4, 2]:
            raise ArtifactError(f"{path}: not an image classifier with one input and one output")
        self.batch, channels, height, width = program.inputs[0]
        if height != width or channels != 3:
            raise ArtifactError(
                f"{path}: its input is {list(program.inputs[0])}, not square RGB images in the"
                " order NCHW"
            )
        self.input_size, self.threads = height, threads
        self.num_classes = program.outputs[0][1]
        self._method: _Method | None = _open_method(path, threads, program)

    def __enter__(self) -> ExecuTorchRunner:
        return self

    def set_input(self, images: NDArray[np.float32]) -> None:
        assert self._method is not None
        self._method.set_input(np.ascontiguousarray(images))

    def invoke(self) -> None:
        assert self._method is not None
        self._method.execute()

    def output(self) -> NDArray[np.float32]:
        assert self._method is not None
        return self._method.output()

    def close(self) -> None:
        self._method = None
