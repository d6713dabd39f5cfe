"""The app's library as other people's apps use it: what it offers, and a guide's Kotlin."""

from __future__ import annotations

import dataclasses
import os
import re
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from lowformer_edge import open_model
from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.hotspot import HotSpot
from lowformer_edge.models.config import LowFormerConfig

from ..conftest import MakeOnce
from ..guides import blocks_of, sections_of
from .conftest import dense_bundle
from .javap import members_of

RECORD = Path(__file__).parents[1] / "data" / "edge-model.txt"

GIVEN = (
    "Accelerator",
    "Detection",
    "EdgeException",
    "LabelMap",
    "Region",
    "RgbImage",
    "RgbImage$Companion",
    "Score",
    "Size",
    "Task",
    "YuvImage",
    "YuvPlane",
)
"""What the entry takes and gives, of the module core."""

MAIN = """
package guides

import android.graphics.Bitmap
import java.io.DataInputStream
import java.io.File

fun main(arguments: Array<String>) {
    System.loadLibrary("c")
    val photo = DataInputStream(File(arguments.single()).inputStream()).use { stream ->
        val (width, height) = List(2) { stream.readInt() }
        val colours = IntArray(width * height) { stream.readInt() }
        Bitmap.createBitmap(colours, width, height, Bitmap.Config.ARGB_8888)
    }
%s
}
"""


def test_the_entry_is_the_recorded_one(android_app: Compilation) -> None:
    """LOWFORMER_EDGE_RECORD=1 records a change that is meant."""
    names = [f"org.lowformer.edge.core.{name}" for name in GIVEN]
    names += [f"org.lowformer.edge.runtime.EdgeModel{part}" for part in ("", "$Companion")]
    seen = [android_app.classes(name) for name in ("core", "runtime")]
    found = "".join(
        f"{line}\n" for line in sorted(members_of(android_app.toolchain, seen, names, True))
    )
    if os.environ.get("LOWFORMER_EDGE_RECORD"):
        RECORD.write_text(found, encoding="utf-8")
    assert found == RECORD.read_text(encoding="utf-8")


def test_what_a_guide_shows_in_kotlin_runs(
    hotspot: HotSpot,
    android_bundle: Path,
    slight_config: LowFormerConfig,
    made_once: MakeOnce,
    tmp_path: Path,
) -> None:
    dense = [
        dense_bundle(made_once, slight_config, task, runtime)
        for task, runtime in (("detection", "tflite"), ("segmentation", "executorch"))
    ]
    pixels = np.random.default_rng(2).integers(0, 256, (50, 90, 3), np.uint8)
    photo = Image.fromarray(pixels)
    files = kotlin_files([android_bundle, *dense], tmp_path)
    colours = np.dstack([pixels, np.full((50, 90, 1), 255, np.uint8)])[..., [3, 0, 1, 2]]
    (tmp_path / "photo").write_bytes(struct.pack(">ii", 90, 50) + colours.tobytes())
    with_litert = dataclasses.replace(hotspot, litert=True)
    printed = with_litert.run_code(
        "guides",
        sorted(tmp_path.glob("*.kt")),
        "guides.MainKt",
        tmp_path / "classes",
        tmp_path / "photo",
    )
    _, *parts = re.split(r"^-- file (.*)\n", printed, flags=re.MULTILINE)
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    assert found.keys() == {str(path) for path in files}
    assert len(found) == 7
    for path in files:
        names, numbers = expected(path, photo)
        rows = [line.split() for line in found[str(path)].splitlines()]
        count = len(numbers[0])
        assert [" ".join(row[:-count]).removesuffix(":") for row in rows] == names
        values = [[*map(float, row[-count:])] for row in rows]
        np.testing.assert_allclose(values, numbers, rtol=1e-3, atol=1e-4)


def kotlin_files(bundles: list[Path], into: Path) -> list[Path]:
    """Writes the Kotlin of every file of bundles, and what calls it; gives the files."""
    files: list[Path] = []
    calls: list[str] = []
    for bundle in bundles:
        for name, section in sections_of(bundle).items():
            for code in blocks_of(section, "kotlin"):
                package = f"guides.n{len(files)}"
                (into / f"{package}.kt").write_text(f"package {package}\n\n{code}\n")
                files.append(bundle / name)
                calls.append(f'    println("-- file {bundle / name}")')
                calls.append(f'    {package}.show(File("{bundle}"), photo)')
    (into / "Main.kt").write_text(MAIN % "\n".join(calls))
    return files


def expected(path: Path, photo: Image.Image) -> tuple[list[str], list[list[float]]]:
    """The names and numbers that the toolkit's own results have."""
    with open_model(path.parent, path.name) as model:
        found = model(photo)
        labels = model.labels or [f"class {number}" for number in range(model.num_classes)]
        task = model.task.name
    if task == "classification":
        return [labels[one.index] for one in found], [[one.probability] for one in found]
    if task == "detection":
        return [labels[one.index] for one in found], [[one.score, *one.box] for one in found]
    return [labels[one.index] for one in found.regions], [[one.share] for one in found.regions]
