"""The app's own code on Java's virtual machine, with ExecuTorch's library for Android inside.

What is run are the very classes that go into the app, and the very library for x86-64, but for
what :mod:`.bionic` strikes from a copy of it. LiteRT is not there, as in the app that is packed
here, and so is refused; or it is what :mod:`.litert` puts in its place.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ....lab import android
from .bionic import build_libraries
from .compilation import Compilation
from .junit import JUnitRun, run_junit
from .kotlin import compile_kotlin
from .litert import build_litert
from .project import TOOLS
from .toolchain import class_path

MODULES = ("core", "lab", "runtime")
"""The app's modules that take part."""

_NAME = "hotspot"
_SOURCES = TOOLS / _NAME / "src"
_MAIN = "org.lowformer.edge.hotspot.HotSpotKt"
_ABI = "x86_64"
_CLASSES, _LIBRARIES, _ANDROID = "classes", "libraries", "android"


@dataclasses.dataclass(frozen=True)
class FileOutcome:
    """What a file of a bundle computed.

    Attributes:
        failure: Why it did not, in one line.
        runtime: What computed it.
        golden: Logits [N, K] of the bundle's golden vectors; empty where it failed.
        images: Logits [M, K] of the further images; empty where it failed.
    """

    failure: str | None
    runtime: str | None
    golden: NDArray[np.float32]
    images: NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Classification:
    """What a bundle made of images.

    Attributes:
        pixels: What the preprocessing left of the further images, [M, H, W, 3].
        files: By their path in the bundle.
    """

    pixels: NDArray[np.uint8]
    files: dict[str, FileOutcome]


@dataclasses.dataclass(frozen=True)
class HotSpot:
    """The app's modules, ready to run.

    Attributes:
        made: Their classes.
        folder: Holds what starts them, and native libraries.
        litert: Whether LiteRT is there.
        cache: Keeps what a GPU compiles and weights as XNNPACK packs them; None where each process
            does so anew.
        variables: Of the environment, beside ours; :func:`.litert.gpu_variables` gives a GPU's.
    """

    made: Compilation
    folder: Path
    litert: bool = False
    cache: Path | None = None
    variables: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def classify(
        self, bundle: Path, images: Sequence[Image.Image] = (), *, accelerator: str = "cpu"
    ) -> Classification:
        """Runs all files of a bundle.

        Args:
            bundle: Its folder.
            images: In RGB and of any size, to be preprocessed there.
            accelerator: Of the device protocol: ``cpu``, ``gpu`` or ``gpu-fp16``.

        Raises:
            CheckError: The bundle was refused, or the process ended otherwise.
        """
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, image in enumerate(images):
                paths.append(Path(folder) / f"{number}.ppm")
                image.save(paths[-1])
            printed = self._run(
                "classify", accelerator, bundle, *paths, what_for=f"running {bundle.name}"
            )
        # A GPU's native code prints, too.
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        return _classification(lines)

    def perform(self, phone: Path, job: Path, number: int) -> None:
        """Does a request of the device protocol.

        Args:
            phone: What stands for a phone's file system; takes the answer.
            job: The job's folder, by whose name the answer's is called.
            number: Of the request.

        Raises:
            CheckError: The job cannot be read at all, or the process ended otherwise.
        """
        self._run("lab", phone, job, str(number), what_for=f"doing request {number}")

    def benchmark(self, bundle: Path, report: Path) -> None:
        """Measures a bundle with few runs as the app's benchmark screen does, and saves its report.

        Args:
            bundle: Its folder.
            report: Takes the report.

        Raises:
            CheckError: It was not finished, or the process ended otherwise.
        """
        self._run("benchmark", bundle, report, what_for=f"measuring {bundle.name}")

    def run_tests(self, bundle: Path) -> JUnitRun:
        """Runs the tests of what only native code can show.

        Args:
            bundle: What they run.

        Raises:
            CheckError: They cannot be compiled, or JUnit failed.
        """
        toolchain = self.made.toolchain
        tests = compile_kotlin(
            toolchain,
            f"{_NAME}-tests",
            sorted((_SOURCES / "test").rglob("*.kt")),
            [*self.classes, *toolchain.junit_classes, toolchain.android_classes],
            self.folder / "tests",
            tested=self.folder / _CLASSES,
        )
        return run_junit(
            toolchain,
            _NAME,
            tests,
            self.classes,
            self.folder / "reports",
            properties={
                "java.library.path": str(self.libraries),
                "lowformer.bundles": str(bundle),
            },
        )

    def run_code(
        self, name: str, sources: Sequence[Path], main: str, into: Path, *arguments: str | Path
    ) -> str:
        """What other people's code prints that uses the app's library on Android.

        Args:
            name: What it is called, for messages.
            sources: Its Kotlin files.
            main: The class that is started.
            into: A folder that takes its classes.
            *arguments: Of its main function.

        Raises:
            CheckError: It cannot be compiled, or the process ended otherwise.
        """
        toolchain = self.made.toolchain
        library = [self.made.classes(module) for module in ("core", "runtime")]
        compile_kotlin(toolchain, name, sources, [toolchain.android_classes, *library], into)
        started = [*self._java([*self.classes, into]), main, *map(str, arguments)]
        return toolchain.run(*started, what_for=f"running {name}")

    def command(self, *arguments: str | Path) -> list[str]:
        """What starts Java, to do what the arguments say."""
        return [*self._java(self.classes), _MAIN, *map(str, arguments)]

    def _java(self, classes: Sequence[Path]) -> list[str]:
        """What starts Java, but for what it is to start."""
        package = f"{android.EXECUTORCH.name}-{android.EXECUTORCH.version}"
        versions = self.made.project.versions
        java = [
            str(self.made.toolchain.java_program("java")),
            *("-Xmx1200m", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"),
            *("-XX:-CreateCoredumpOnCrash", f"-XX:ErrorFile={self.folder / 'crash.log'}"),
            f"-Dlowformer.executorch=of-{package}",
            f"-Dlowformer.litert={versions['litert']}",
            f"-Djava.library.path={self.libraries}",
            *(() if self.cache is None else (f"-Dlowformer.cache={self.cache}",)),
        ]
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return ["env", *variables, *java, "-cp", class_path(*classes)]

    @property
    def libraries(self) -> Path:
        """The folder of native libraries."""
        return self.folder / _LIBRARIES

    @property
    def classes(self) -> list[Path]:
        """The app's classes, what starts them, and all that they need."""
        litert = [self.made.litert, self.folder / _ANDROID] if self.litert else []
        return [
            self.folder / _CLASSES,
            *(self.made.classes(name) for name in MODULES),
            self.made.executorch,
            self.made.stand_ins,
            *litert,
            self.made.toolchain.kotlin_library,
            self.made.toolchain.json_classes,
        ]

    def _run(self, *arguments: str | Path, what_for: str) -> str:
        return self.made.toolchain.run(*self.command(*arguments), what_for=what_for)


def build_hotspot(made: Compilation, folder: Path) -> HotSpot:
    """Compiles what starts the app's code, and makes the native libraries.

    Args:
        made: The app; its modules :data:`MODULES` are compiled.
        folder: Takes all.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
        LabError: There is no C compiler, or no ai-edge-litert of the right version.
    """
    toolchain = made.toolchain
    compile_kotlin(
        toolchain,
        _NAME,
        sorted((_SOURCES / "main").rglob("*.kt")),
        [toolchain.pure_classes, *(made.classes(name) for name in MODULES)],
        folder / _CLASSES,
    )
    build_libraries(toolchain.native_libraries(_ABI), folder / _LIBRARIES)
    build_litert(toolchain, folder / _LIBRARIES, folder / _ANDROID)
    return HotSpot(made, folder)


def _classification(lines: Sequence[dict[str, Any]]) -> Classification:
    images = [_image(line) for line in lines if "pixels" in line]
    return Classification(
        np.stack(images) if images else np.empty((0, 0, 0, 3), np.uint8),
        {line["file"]: _outcome(line) for line in lines if "file" in line},
    )


def _image(line: dict[str, Any]) -> NDArray[np.uint8]:
    pixels = np.frombuffer(bytes.fromhex(line["pixels"]), np.uint8)
    return pixels.reshape(line["height"], line["width"], 3)


def _outcome(line: dict[str, Any]) -> FileOutcome:
    return FileOutcome(
        failure=line.get("failure"),
        runtime=line.get("runtime"),
        golden=np.array(line.get("golden", []), np.float32),
        images=np.array(line.get("images", []), np.float32),
    )
