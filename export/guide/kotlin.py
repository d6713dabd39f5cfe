"""Kotlin that runs one file with the Android app's library."""

from __future__ import annotations

from ...artifact.manifest import ArtifactRecord
from ...tasks.names import DETECTION, SEGMENTATION
from .template import filled

_CODE = """
import android.graphics.Bitmap
import org.lowformer.edge.runtime.EdgeModel
import java.io.File

fun show(bundle: File, photo: Bitmap) {
    EdgeModel.open(bundle, "<PATH>").use { model ->
<BODY>
    }
}
"""

_CLASSES = """
        for (found in model.classify(photo)) {
            println("${model.nameOf(found.index)}: ${found.probability}")
        }
"""

_OBJECTS = """
        for (found in model.detect(photo)) {
            val box = listOf(found.left, found.top, found.right, found.bottom)
            println("${model.nameOf(found.index)} ${found.score} ${box.joinToString(" ")}")
        }
"""

_LABELS = """
        for (region in model.segment(photo).regions()) {
            println("${model.nameOf(region.index)}: ${region.share}")
        }
"""


def kotlin_code(record: ArtifactRecord, task: str) -> str:
    """Kotlin that shows what a file finds in a photo.

    Args:
        record: A file that the app's library runs.
        task: What its model is for.
    """
    body = {DETECTION: _OBJECTS, SEGMENTATION: _LABELS}.get(task, _CLASSES)
    return filled(_CODE, path=record.file.path, body=body.strip("\n"))
