"""The app as an APK, out of its classes and resources."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from ....artifact.manifest import read_manifest
from ....lab.android import ABIS
from .api_level import check_levels, open_levels
from .apk import pack_apk
from .compilation import APP, Compilation
from .dex import library_without_metadata, make_dex, translate_dex
from .tasks import run_tasks
from .toolchain import Toolchain

APK = "lowformer-edge-ci.apk"
"""A test product: it lacks LiteRT, and is signed by a key that proves nothing."""

TRANSLATED = "translated.jar"

_BUNDLES = "bundles"
_APP_DEX, _LIBRARY_DEX = "app.dex", "libraries.dex"


def package_app(made: Compilation, bundles: Sequence[Path], folder: Path) -> Path:
    """Makes bytecode for Android of all classes and packs the APK.

    Args:
        made: The app's classes and resources.
        bundles: Folders, by whose names the app knows them.
        folder: Takes the APK and the bytecode.

    Returns:
        The APK.

    Raises:
        CheckError: A tool refuses something, or the app needs a newer Android than it is for.
        ManifestError: A bundle is none.
    """
    min_sdk = made.project.versions["minSdk"]
    run_tasks(
        {
            "app": ((), functools.partial(_make_app_dex, made, min_sdk, folder)),
            "libraries": ((), functools.partial(_make_library_dex, made, min_sdk, folder)),
        }
    )
    check_levels(open_levels(made.toolchain), folder / _APP_DEX, int(min_sdk))
    content = {"classes.dex": folder / _APP_DEX, "classes2.dex": folder / _LIBRARY_DEX}
    for abi in ABIS:
        for path in made.toolchain.native_libraries(abi):
            content[f"lib/{abi}/{path.name}"] = path
    assets = made.project.modules[APP].folder / "src" / "main" / "assets"
    content |= {
        name: path
        for name, path in _files(assets, "assets").items()
        if not name.startswith(f"assets/{_BUNDLES}/")
    }
    for bundle in bundles:
        read_manifest(bundle)
        content |= _files(bundle, f"assets/{_BUNDLES}/{bundle.name}")
    apk = folder / APK
    pack_apk(made.toolchain, made.resources, content, min_sdk, apk)
    return apk


def _files(folder: Path, under: str) -> dict[str, Path]:
    return {
        f"{under}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def translate_app(toolchain: Toolchain, folder: Path) -> Path:
    """The app's own bytecode as Java's once more, to run it where there is no Android.

    Args:
        toolchain: The translator's.
        folder: Where :func:`package_app` left it.

    Returns:
        A JAR in that folder.

    Raises:
        CheckError: It cannot be translated.
    """
    return translate_dex(toolchain, folder / _APP_DEX, folder / TRANSLATED)


def _make_app_dex(made: Compilation, min_sdk: str, folder: Path) -> None:
    classes = [made.classes(name) for name in made.project.modules]
    make_dex(
        made.toolchain,
        "the app",
        [*classes, made.resource_numbers],
        min_sdk,
        folder / _APP_DEX,
    )


def _make_library_dex(made: Compilation, min_sdk: str, folder: Path) -> None:
    kotlin = library_without_metadata(made.toolchain.kotlin_library, folder / "kotlin.jar")
    libraries = [kotlin, made.executorch, made.stand_ins]
    make_dex(made.toolchain, "the libraries", libraries, min_sdk, folder / _LIBRARY_DEX)
    kotlin.unlink()
