"""The APK as Android's tools see it."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.apk import verify_apk
from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.inspection import Apk, inspect_apk
from lowformer_edge.android_demo.tools.offline.project import ROOT, Project
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.errors import CheckError
from lowformer_edge.lab.android import ABIS, EXECUTORCH
from lowformer_edge.targets.adb.protocol import ACTIVITY, PACKAGE

MOST_BYTES = 40_000_000


@pytest.fixture(scope="module")
def apk(toolchain: Toolchain, project: Project, android_apk: Path) -> Apk:
    return inspect_apk(toolchain, android_apk, project.versions["minSdk"])


def test_it_is_what_gradles_files_say(apk: Apk, project: Project) -> None:
    app = project.modules["app"]
    assert apk.package == app.setting("applicationId") == PACKAGE
    assert apk.version == app.setting("versionName")
    assert apk.min_sdk == int(project.versions["minSdk"]) == 26
    assert apk.target_sdk == int(project.versions["targetSdk"])


def test_it_asks_for_the_camera_alone_and_does_without(apk: Apk) -> None:
    assert apk.permissions == ("android.permission.CAMERA",)
    assert not [name for name in apk.required_features if "camera" in name]


def test_it_says_whose_executorch_it_holds(toolchain: Toolchain, android_apk: Path) -> None:
    aapt2 = toolchain.android_program("aapt2")
    printed = toolchain.run(aapt2, "dump", "strings", android_apk, what_for="reading texts")
    assert f"of {EXECUTORCH.name} {EXECUTORCH.version}" in printed


def test_what_is_started_is_there(apk: Apk) -> None:
    assert apk.activities == (f"{PACKAGE}.MainActivity",)
    package, _, activity = ACTIVITY.partition("/")
    for name in (*apk.activities, package + activity, f"{PACKAGE}.BenchActivity"):
        assert name.replace(".", "/") in apk.classes


def test_the_apps_and_executorchs_classes_are_in_and_no_stubs(apk: Apk) -> None:
    for name in ("core/Manifest", "lab/Job", "runtime/ExecuTorchRunner", "R$string"):
        assert f"org/lowformer/edge/{name}" in apk.classes
    assert "org/pytorch/executorch/Module" in apk.classes
    assert "com/facebook/jni/HybridData" in apk.classes
    assert "kotlin/Unit" in apk.classes
    assert not [
        name for name in apk.classes if name.startswith(("com/google/", "android/", "org/json/"))
    ]


def test_every_compiled_class_is_in(apk: Apk, android_app: Compilation) -> None:
    for module in android_app.project.modules:
        folder = android_app.classes(module)
        compiled = {
            path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.class")
        }
        assert compiled
        assert compiled <= apk.classes


def test_libraries_are_of_both_kinds_of_processors(apk: Apk) -> None:
    assert apk.abis == ABIS
    for abi in ABIS:
        for name in ("libexecutorch.so", "libfbjni.so", "libc++_shared.so"):
            assert apk.files[f"lib/{abi}/{name}"] > 10_000


def alignment(library: bytes) -> int:
    """By how many bytes the parts of a library for 64 bits lie apart in memory, at least."""
    start, size, count = struct.unpack_from("<Q14xHH", library, 32)
    parts = [struct.unpack_from("<I44xQ", library, start + size * at) for at in range(count)]
    return min(aligned for kind, aligned in parts if kind == 1)


def test_what_devices_with_large_pages_cannot_load_is_told(android_apk: Path) -> None:
    with zipfile.ZipFile(android_apk) as archive:
        names = [name for name in archive.namelist() if name.endswith(".so")]
        small = {Path(name).name for name in names if alignment(archive.read(name)) < 1 << 14}
    assert small == {"libc++_shared.so", "libfbjni.so"}
    told = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "`libc++_shared.so` and `libfbjni.so` in it are for pages of 4 KB" in told


def test_the_bundle_is_in_and_whole(
    android_apk: Path, android_bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(android_apk) as archive:
        names = [name for name in archive.namelist() if name.startswith("assets/bundles/demo/")]
        archive.extractall(tmp_path, names)
    packed = tmp_path / "assets" / "bundles" / "demo"
    manifest = read_manifest(packed)
    assert {artifact.file.path for artifact in manifest.artifacts} == {
        f"demo-{precision}.{suffix}"
        for precision in ("fp32", "int8")
        for suffix in ("tflite", "pte")
    }
    for path in android_bundle.iterdir():
        assert (packed / path.name).read_bytes() == path.read_bytes()


def test_licences_and_photos_are_in(android_apk: Path) -> None:
    notices = ROOT / "app" / "src" / "main" / "assets" / "notices.txt"
    with zipfile.ZipFile(android_apk) as archive:
        assert archive.read("assets/notices.txt") == notices.read_bytes()
        assets = {name for name in archive.namelist() if name.startswith("assets/")}
    assert {name for name in assets if not name.startswith("assets/bundles/demo/")} == {
        "assets/notices.txt",
        "assets/samples/garment.jpg",
        "assets/samples/scene.jpg",
    }


def test_android_11_takes_it(apk: Apk) -> None:
    """For targets from 30 on, resources must not be compressed, and v1 does not do."""
    assert "resources.arsc" in apk.stored
    assert "v2" in apk.schemes


def test_it_is_small(android_apk: Path) -> None:
    assert android_apk.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", ["classes.dex", "assets/bundles/demo/manifest.json"])
def test_a_changed_apk_is_refused(
    toolchain: Toolchain, android_apk: Path, tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(android_apk) as archive:
        entry = archive.getinfo(name)
    content = bytearray(android_apk.read_bytes())
    content[entry.header_offset + 30 + len(name) + len(entry.extra) + 40] ^= 1
    changed = tmp_path / "changed.apk"
    changed.write_bytes(content)
    with pytest.raises(CheckError, match=r"checking the signature of changed\.apk failed"):
        verify_apk(toolchain, changed, "26")


def test_an_unsigned_apk_is_refused(
    toolchain: Toolchain, android_apk: Path, tmp_path: Path
) -> None:
    shutil.copyfile(android_apk, tmp_path / "unsigned.apk")
    with zipfile.ZipFile(tmp_path / "unsigned.apk", "a") as archive:
        archive.writestr("added", b"")
    with pytest.raises(CheckError, match=r"unsigned\.apk failed"):
        verify_apk(toolchain, tmp_path / "unsigned.apk", "26")
