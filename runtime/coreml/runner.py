"""Running Core ML packages: with Core ML on a Mac, with our interpreter elsewhere."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError, MissingDependencyError
from ...process.native_output import captured_output
from ..arithmetic import SINGLE, Arithmetic
from ..profile import Profile
from ..residency import OpRecord, Residency
from ..runner import Runner
from .interpreter import Interpreter
from .kernels import UnsupportedOperationError
from .package import NO_ARRAYS, read_package, tensors_of
from .program import Operation

DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError)
"""What computing a damaged program may raise."""


def open_runner(path: Path, threads: int = 1) -> Runner:
    """The runner for a package on this system.

    Raises:
        ArtifactError: The package cannot be read, or takes or gives what is not run.
        MissingDependencyError: A package that the runner needs is not installed.
    """
    kind = MacRunner if sys.platform == "darwin" else InterpreterRunner
    return kind(path, threads)


def residency(path: Path, threads: int = 1) -> Residency:
    """The ops of a package; which unit runs each, only a Mac can tell.

    Raises:
        ArtifactError: The package cannot be read.
    """
    program = read_package(path).program
    return Residency(
        delegate=None,
        ops=tuple(
            OpRecord(item.kind, item.name, delegated=False)
            for item in program.operations
            if not item.is_constant
        ),
        partitions=0,
    )


def profile(path: Path, threads: int, runs: int) -> Profile:
    """No profile: Core ML tells no times of ops, and ours elsewhere would say nothing.

    Raises:
        ArtifactError: The package cannot be read.
    """
    read_package(path)
    return Profile(
        "Core ML",
        0,
        (),
        "it tells which unit runs each op, on a Mac (check_on_mac.py), but no times",
    )


class PackageRunner(Runner):
    """What both ways of running a package share.

    Args:
        path: The package.
        threads: Threads of the runtime.

    Attributes:
        program: What it computes.
        outputs: Those that are arrays; names of classes and their probabilities are left out.

    Raises:
        ArtifactError: It cannot be read, or takes or gives what is not run.
    """

    def __init__(self, path: Path, threads: int) -> None:
        package = read_package(path)
        inputs, outputs = tensors_of(package)
        arrays = [tensor for tensor in outputs if tensor.dtype not in NO_ARRAYS]
        super().__init__(path, inputs, arrays, threads)
        self.program = package.program
        self._package = package

    def metadata(self) -> dict[str, Any] | None:
        """See :class:`Runner`."""
        return self._package.metadata

    def given(self, images: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The package's inputs by name, for images as :meth:`set_input` takes them."""
        return {self.inputs[0].name: self.stored(images)}


class InterpreterRunner(PackageRunner):
    """Runs a package with our interpreter, which rounds as half precision does.

    It computes what the package says, on any system; it is not Core ML, and its times say
    nothing about Core ML's.

    Args:
        path: The package.
        threads: Of matrix products in float32.
        half: Computes the ops whose results are in half precision.
    """

    runtime = "MIL interpreter"
    is_stand_in = True

    def __init__(self, path: Path, threads: int = 1, half: Arithmetic = SINGLE) -> None:
        super().__init__(path, threads)
        for feature in self._package.inputs:
            if feature.colours == "BGR":
                raise ArtifactError(
                    f"{path}: takes a BGR image, which the interpreter does not; convert it with"
                    " an RGB image"
                )
        try:
            threadpoolctl: Any = importlib.import_module("threadpoolctl")
        except ImportError as error:
            raise MissingDependencyError(
                "interpreting Core ML packages needs threadpoolctl, which is not installed;"
                " install the extra coreml-runtime"
            ) from error
        try:
            self._interpreter: Interpreter | None = Interpreter(self.program, half=half)
        except UnsupportedOperationError as error:
            raise ArtifactError(
                f"{path}: holds {error}, which the interpreter does not know"
            ) from error
        except DAMAGE as error:
            raise ArtifactError(
                f"{path}: is damaged ({error}); copy the whole folder or export it again"
            ) from error
        self._threads = threadpoolctl.ThreadpoolController()
        self._inputs: dict[str, NDArray[Any]] = {}
        self._results: dict[str, NDArray[Any]] = {}

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        names = (tensor.name for tensor in self.inputs)
        self._inputs = dict(zip(names, values, strict=True))

    def compute(
        self, step: Operation, values: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """The outputs of one of the program's ops, as :meth:`Interpreter.compute` gives them."""
        assert self._interpreter is not None
        with self._threads.limit(limits=self.threads, user_api="blas"):
            return self._interpreter.compute(step, values)

    def invoke(self) -> None:
        """See :class:`Runner`.

        Raises:
            ArtifactError: It cannot be computed.
        """
        assert self._interpreter is not None
        wanted = tuple(tensor.name for tensor in self.outputs)
        try:
            with self._threads.limit(limits=self.threads, user_api="blas"):
                self._results = self._interpreter.run(self._inputs, wanted=wanted)
        except DAMAGE as error:
            raise ArtifactError(
                f"{self.path}: cannot be computed ({error}); export it again"
            ) from error

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        return [
            self._results[tensor.name].astype(tensor.dtype, copy=False) for tensor in self.outputs
        ]

    def close(self) -> None:
        """See :class:`Runner`."""
        self._interpreter = None


class MacRunner(PackageRunner):
    """Runs a package with Core ML, on any of the Mac's units; not verified on a Mac."""

    runtime = "Core ML"

    def __init__(self, path: Path, threads: int = 1) -> None:
        super().__init__(path, threads)
        try:
            with captured_output():
                coremltools: Any = importlib.import_module("coremltools")
        except ImportError as error:
            raise MissingDependencyError(
                "running Core ML packages needs coremltools, which is not installed; install the"
                " extra coreml"
            ) from error
        try:
            self._model: Any = coremltools.models.MLModel(str(path))
        except Exception as error:
            raise ArtifactError(f"{path}: Core ML cannot load it ({error})") from error
        self._inputs: dict[str, Any] = {}
        self._results: dict[str, Any] = {}

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        self._inputs = {}
        for feature, value in zip(self._package.inputs, values, strict=True):
            self._inputs[feature.name] = value
            if feature.kind == "image":
                from PIL import Image

                pixels = np.moveaxis(value[0], 0, -1)
                grey = feature.colours == "grey"
                self._inputs[feature.name] = Image.fromarray(pixels[..., 0] if grey else pixels)

    def invoke(self) -> None:
        """See :class:`Runner`."""
        self._results = self._model.predict(self._inputs)

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        return [np.asarray(self._results[tensor.name], tensor.dtype) for tensor in self.outputs]

    def close(self) -> None:
        """See :class:`Runner`."""
        self._model = None
