"""What an APK is, as Android's own tools read it."""

from __future__ import annotations

import dataclasses
import re
import tempfile
import zipfile
from pathlib import Path

from .apk import verify_apk
from .toolchain import Toolchain

_DESCRIPTOR = re.compile(r"Class descriptor\s*: 'L(?P<name>[^;]+);'")


@dataclasses.dataclass(frozen=True)
class Apk:
    """What an APK says of itself, and what is in it.

    Attributes:
        package: Its id.
        version: Its version's name.
        min_sdk: The oldest version of Android that it is for.
        target_sdk: The version that it was written for.
        permissions: All that it asks for.
        required_features: Hardware without which a store would not offer it.
        activities: Those that a launcher starts.
        abis: Kinds of processors that it has libraries for.
        classes: In its bytecode, with slashes.
        files: All, by their name, with their size in bytes.
        stored: Files that are not compressed.
        schemes: Of its signature, that hold: ``v2``.
    """

    package: str
    version: str
    min_sdk: int
    target_sdk: int
    permissions: tuple[str, ...]
    required_features: tuple[str, ...]
    activities: tuple[str, ...]
    abis: tuple[str, ...]
    classes: frozenset[str]
    files: dict[str, int]
    stored: frozenset[str]
    schemes: tuple[str, ...]


def inspect_apk(toolchain: Toolchain, path: Path, min_sdk: str) -> Apk:
    """Reads an APK with aapt, dexdump and apksigner.

    Raises:
        CheckError: A tool refuses it, or its signature is wrong.
    """
    badging = toolchain.run(
        *(toolchain.android_program("aapt"), "dump", "badging", path),
        what_for=f"reading {path.name}",
    )
    signature = verify_apk(toolchain, path, min_sdk)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    (package,) = _named(badging, "package")
    return Apk(
        package=package,
        version=_only(badging, r"versionName='([^']+)'"),
        min_sdk=int(_only(badging, r"^sdkVersion:'(\d+)'")),
        target_sdk=int(_only(badging, r"^targetSdkVersion:'(\d+)'")),
        permissions=tuple(_named(badging, "uses-permission")),
        required_features=tuple(_named(badging, "uses-feature")),
        activities=tuple(_named(badging, "launchable-activity")),
        abis=tuple(re.findall(r"'([^']+)'", _only(badging, r"^native-code:(.*)$"))),
        classes=_classes(toolchain, path),
        files={entry.filename: entry.file_size for entry in entries},
        stored=frozenset(
            entry.filename for entry in entries if entry.compress_type == zipfile.ZIP_STORED
        ),
        schemes=tuple(re.findall(r"^Verified using (v\d) scheme .*: true$", signature, re.M)),
    )


def _named(badging: str, kind: str) -> list[str]:
    return re.findall(rf"^\s*{kind}(?:-sdk-23)?: name='([^']+)'", badging, re.MULTILINE)


def _only(badging: str, pattern: str) -> str:
    found = re.findall(pattern, badging, re.MULTILINE)
    return found[0] if found else ""


def _classes(toolchain: Toolchain, path: Path) -> frozenset[str]:
    """All classes in an APK's bytecode."""
    classes: set[str] = set()
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        for name in archive.namelist():
            if re.fullmatch(r"classes\d*\.dex", name):
                printed = toolchain.run(
                    *(toolchain.android_program("dexdump"), archive.extract(name, folder)),
                    what_for=f"reading {name}",
                )
                classes.update(_DESCRIPTOR.findall(printed))
    return frozenset(classes)
