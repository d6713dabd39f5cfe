"""The app, compiled and packed once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge import export_model, from_module, open_images
from lowformer_edge.android_demo.tools.offline.api_level import ApiLevels, open_levels
from lowformer_edge.android_demo.tools.offline.compilation import Compilation, compile_app
from lowformer_edge.android_demo.tools.offline.demo_bundle import export_demo
from lowformer_edge.android_demo.tools.offline.hotspot import HotSpot, build_hotspot
from lowformer_edge.android_demo.tools.offline.newest_android import compile_newest
from lowformer_edge.android_demo.tools.offline.packaging import APK, package_app, translate_app
from lowformer_edge.android_demo.tools.offline.project import Project, read_project
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.lab.place import Lab
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def project() -> Project:
    return read_project()


@pytest.fixture(scope="session")
def toolchain(android_lab: Lab) -> Toolchain:
    return Toolchain(android_lab)


@pytest.fixture(scope="session")
def android_app(made_once: MakeOnce, toolchain: Toolchain, project: Project) -> Compilation:
    """All modules, their tests and the app's resources, compiled."""
    folder = made_once("android-app", lambda into: void(compile_app(toolchain, project, into)))
    return Compilation(toolchain, project, folder)


@pytest.fixture(scope="session")
def android_levels(toolchain: Toolchain) -> ApiLevels:
    """Since when Android has what."""
    return open_levels(toolchain)


@pytest.fixture(scope="session")
def newest_android(
    made_once: MakeOnce, android_app: Compilation, android_levels: ApiLevels
) -> Path:
    """Sources of Android's newest classes, beside the app compiled against them."""
    made = made_once(
        "android-newest", lambda into: void(compile_newest(android_app, android_levels, into))
    )
    return made / "android"


@pytest.fixture(scope="session")
def android_bundle(made_once: MakeOnce) -> Path:
    """The bundle in the app: the demo model for two runtimes in two precisions."""
    return made_once("android-bundle", lambda into: void(export_demo(into / "demo"))) / "demo"


@pytest.fixture(scope="session")
def android_apk(made_once: MakeOnce, android_app: Compilation, android_bundle: Path) -> Path:
    """The app as phones install it, beside the bytecode in it and that as Java's once more."""

    def make(into: Path) -> None:
        package_app(android_app, [android_bundle], into)
        translate_app(android_app.toolchain, into)

    return made_once("android-apk", make) / APK


@pytest.fixture(scope="session")
def hotspot(made_once: MakeOnce, android_app: Compilation) -> HotSpot:
    """What runs the app's own classes on Java's virtual machine."""
    folder = made_once("android-hotspot", lambda into: void(build_hotspot(android_app, into)))
    return HotSpot(android_app, folder)


def dense_bundle(made_once: MakeOnce, small: LowFormerConfig, task: str, runtime: str) -> Path:
    """A bundle of a detector or a segmenter as a runtime's files, maps and what is made of them."""

    def make(into: Path) -> None:
        config = small.for_task(task, channels=8)
        network = random_model(config.replace(num_classes=3, input_size=(64, 96)))
        if task == "detection":
            network.get_parameter("bbox_head.retina_cls.weight").data *= 20
        specs = [ExportSpec(runtime)]
        if task == "detection":
            specs.append(ExportSpec(runtime, output="boxes"))
        pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 96, 3), np.uint8)
        model = from_module(network)
        images = open_images(pixels, model)
        export_model(model, into / task, specs, evaluation=images, runs=1)

    return made_once(f"android-{task}-{runtime}", make) / task


def void(value: object) -> None:
    """Drops a value: what is made is found by its folder."""
