"""Running Core ML packages: with Core ML on a Mac, with our interpreter elsewhere."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.interface import OUTPUT_NAME
from ...artifact.preprocessing import Preprocessing
from ...errors import ArtifactError, ConfigError, MissingDependencyError
from ...process.native_output import captured_output
from ..profile import Profile
from ..residency import OpRecord, Residency
from ..runner import Runner
from .interpreter import Interpreter
from .kernels import UnsupportedOperationError
from .package import Feature, MLPackage, read_package
from .program import Operation

DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError)
"""What computing a damaged program may raise."""


def open_runner(path: Path, threads: int = 1) -> Runner:
    """The runner for a package on this system.

    Raises:
        ArtifactError: The package cannot be read, or is no image classifier.
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

    Raises:
        ArtifactError: It cannot be read, or is no image classifier of ours.
    """

    def __init__(self, path: Path, threads: int) -> None:
        package = read_package(path)
        self._image = _image_input(path, package)
        self.batch, _, self.input_size, _ = self._image.shape
        self.num_classes = _logits(path, package).shape[-1]
        self.threads = threads
        self.program = package.program
        self._preprocessing = None
        if self._image.kind == "image":
            self._preprocessing = _stated_preprocessing(path, package)

    def given(self, images: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
        """The package's inputs for normalised images [batch, 3, H, W]."""
        return {self._image.name: self._given(images)}

    def _given(self, images: NDArray[np.float32]) -> NDArray[Any]:
        """What the package takes for normalised images [N, 3, H, W]: these, or pixels."""
        if self._preprocessing is None:
            return np.ascontiguousarray(images)
        return np.moveaxis(self._preprocessing.denormalise(images), -1, -3)


def _image_input(path: Path, package: MLPackage) -> Feature:
    if len(package.inputs) == 1:
        (image,) = package.inputs
        if len(image.shape) == 4 and image.shape[1] == 3 and image.shape[2] == image.shape[3]:
            return image
    shapes = ", ".join(f"{item.name} {list(item.shape)}" for item in package.inputs)
    raise ArtifactError(f"{path}: its inputs are {shapes}, not square RGB images in the order NCHW")


def _logits(path: Path, package: MLPackage) -> Feature:
    for output in package.outputs:
        if output.name == OUTPUT_NAME and len(output.shape) == 2:
            return output
    raise ArtifactError(
        f"{path}: has no output '{OUTPUT_NAME}'; is it a model of lowformer-export?"
    )


def _stated_preprocessing(path: Path, package: MLPackage) -> Preprocessing:
    try:
        return Preprocessing.from_dict((package.metadata or {})["preprocessing"])
    except (LookupError, TypeError, AttributeError, ConfigError) as error:
        raise ArtifactError(
            f"{path}: takes an image and does not state its preprocessing; export it again"
        ) from error


class InterpreterRunner(PackageRunner):
    """Runs a package with our interpreter, which rounds as half precision does.

    It computes what the package says, on any system; it is not Core ML, and its times say
    nothing about Core ML's.
    """

    runtime = "MIL interpreter"
    is_stand_in = True

    def __init__(self, path: Path, threads: int = 1) -> None:
        super().__init__(path, threads)
        try:
            threadpoolctl: Any = importlib.import_module("threadpoolctl")
        except ImportError as error:
            raise MissingDependencyError(
                "interpreting Core ML packages needs threadpoolctl, which is not installed;"
                " install the extra coreml-runtime"
            ) from error
        try:
            self._interpreter: Interpreter | None = Interpreter(self.program)
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
        self._path = path

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._inputs = self.given(images)

    def compute(
        self, step: Operation, values: Mapping[str, NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """The outputs of one of the program's ops, as :meth:`Interpreter.compute` gives them."""
        assert self._interpreter is not None
        with self._threads.limit(limits=self.threads, user_api="blas"):
            return self._interpreter.compute(step, values)

    def invoke(self) -> None:
        assert self._interpreter is not None
        try:
            with self._threads.limit(limits=self.threads, user_api="blas"):
                self._results = self._interpreter.run(self._inputs, wanted=(OUTPUT_NAME,))
        except DAMAGE as error:
            raise ArtifactError(
                f"{self._path}: cannot be computed ({error}); export it again"
            ) from error

    def output(self) -> NDArray[np.float32]:
        return self._results[OUTPUT_NAME].astype(np.float32)

    def close(self) -> None:
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

    def set_input(self, images: NDArray[np.float32]) -> None:
        given: Any = self._given(images)
        if self._image.kind == "image":
            from PIL import Image

            given = Image.fromarray(np.moveaxis(given[0], 0, -1))
        self._inputs = {self._image.name: given}

    def invoke(self) -> None:
        self._results = self._model.predict(self._inputs)

    def output(self) -> NDArray[np.float32]:
        return np.asarray(self._results[OUTPUT_NAME], np.float32)

    def close(self) -> None:
        self._model = None
