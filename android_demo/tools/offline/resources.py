"""Android's resource compiler: layouts, texts and the manifest in the form that phones read."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

from ....errors import CheckError
from ....lab import android
from .project import Module, Project
from .toolchain import Toolchain

_ANDROID = "http://schemas.android.com/apk/res/android"
_TOOLS = "http://schemas.android.com/tools"

_NEWER_ATTRIBUTES = ("dataExtractionRules",)
"""Attributes of the manifest that Android 10's resources do not have."""

_EXECUTORCH = f"of {android.EXECUTORCH.name} {android.EXECUTORCH.version}"
_OTHER_VERSIONS = f"""<?xml version="1.0" encoding="utf-8"?>
<resources>
    <string name="executorch_version">{_EXECUTORCH}</string>
</resources>
"""
"""In place of the catalog's, which is of the official library, and not of the one that goes in."""


def link_resources(
    toolchain: Toolchain, project: Project, app: Module, folder: Path
) -> tuple[Path, list[Path]]:
    """Makes the part of an APK that holds no code.

    Args:
        toolchain: The resource compiler's.
        project: For versions.
        app: The module with resources and a manifest.
        folder: Takes what is made; what was in it is gone.

    Returns:
        The APK without code, and Java files with the resources' numbers.

    Raises:
        CheckError: Resources are wrong, or name what is not there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "java").mkdir(parents=True)
    main = app.folder / "src" / "main"
    aapt2 = toolchain.android_program("aapt2")
    compiled, linked = folder / "resources.zip", folder / "resources.apk"
    toolchain.run(
        *(aapt2, "compile", "--dir", main / "res", "-o", compiled), what_for="compiling resources"
    )
    versions = folder / "values" / "versions.xml"
    versions.parent.mkdir()
    versions.write_text(_OTHER_VERSIONS, encoding="utf-8")
    overlay = folder / "values_versions.arsc.flat"
    toolchain.run(aapt2, "compile", versions, "-o", folder, what_for="compiling versions")
    manifest = folder / "AndroidManifest.xml"
    manifest.write_text(_manifest(app, main / "AndroidManifest.xml"), encoding="utf-8")
    toolchain.run(
        *(aapt2, "link", "-o", linked, "-I", toolchain.android_resources),
        *("--manifest", manifest, "--java", folder / "java"),
        *("--min-sdk-version", project.versions["minSdk"]),
        *("--target-sdk-version", project.versions["targetSdk"]),
        *("--version-code", app.setting("versionCode")),
        *("--version-name", app.setting("versionName")),
        # As assembleDebug does, so that the app may be looked into.
        "--debug-mode",
        *(compiled, "-R", overlay),
        what_for="linking resources",
    )
    return linked, sorted((folder / "java").rglob("*.java"))


def _manifest(app: Module, path: Path) -> str:
    """The app's manifest with its package, which Gradle takes from the build script."""
    ElementTree.register_namespace("android", _ANDROID)
    root = ElementTree.parse(path).getroot()  # noqa: S314 - the app's own file
    if "package" in root.attrib:
        raise CheckError(f"{path}: names a package, which is Gradle's to do; leave it out")
    if app.setting("namespace") != app.setting("applicationId"):
        raise CheckError(f"{app.name}: has a namespace that is not its applicationId")
    if root.find("uses-sdk") is not None:
        raise CheckError(f"{path}: has <uses-sdk>, which is Gradle's to write; leave it out")
    # What libraries that are not here would bring; Gradle takes it out.
    for element in [*root]:
        if element.get(f"{{{_TOOLS}}}node") == "remove":
            root.remove(element)
    for element in root.iter():
        for name in _NEWER_ATTRIBUTES:
            element.attrib.pop(f"{{{_ANDROID}}}{name}", None)
    root.set("package", app.setting("namespace"))
    return ElementTree.tostring(root, encoding="unicode")
