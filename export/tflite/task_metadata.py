"""The metadata that MediaPipe's tasks and the TFLite Task Library read of an image classifier.

A FlatBuffers message in a metadata buffer says how pixels are normalised and which file names the
classes; that file is in a zip archive behind the model. The message is of metadata_schema.fbs in
https://github.com/google-ai-edge/mediapipe, whose tables number their fields in order, a union's
type before its value.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, Union

from ...artifact.interface import INPUT_NAME
from ...artifact.labels import format_labels
from ...artifact.preprocessing import Preprocessing
from ...models.loading import LoadedModel
from ..file_interface import output_names
from ..spec import ExportSpec

if TYPE_CHECKING:
    from flatbuffers import Builder

BUFFER_NAME = "TFLITE_METADATA"
LABELS_FILE = "labels.txt"

Table: TypeAlias = Mapping[int, Union[str, int, "Table", Sequence[float], Sequence["Table"]]]
"""A message's table by field number; integers are enumerations, of a byte."""

_IDENTIFIER = b"M001"
_PARSER_VERSION = "1.0.0"
_IMAGE_PROPERTIES, _NORMALIZATION, _RGB, _AXIS_LABELS = 2, 1, 1, 2
"""A kind of content, of process unit, of colour and of associated file."""

_WHITE = 255
_UNCHANGING = (1980, 1, 1, 0, 0, 0)
"""A time for the archive, so that the same model gives the same bytes."""


def task_metadata(spec: ExportSpec, loaded: LoadedModel) -> bytes:
    """What a buffer called :data:`BUFFER_NAME` holds.

    Args:
        spec: What the file takes and gives.
        loaded: The model, its preprocessing and class names.
    """
    from flatbuffers import Builder

    builder = Builder(1024)
    builder.Finish(_packed(builder, _model(spec, loaded)), _IDENTIFIER)
    return bytes(builder.Output())


def with_labels(content: bytes, labels: Sequence[str] | None) -> bytes:
    """A file with its class names behind it, as a zip archive that is not compressed.

    Raises:
        DataError: A name spans lines.
    """
    if labels is None:
        return content
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LABELS_FILE, _UNCHANGING), format_labels(labels))
    return file.getvalue()


def _model(spec: ExportSpec, loaded: LoadedModel) -> Table:
    """The table ModelMetadata, with one SubGraphMetadata."""
    graph = {2: [_image(spec, loaded.preprocessing)], 3: [_classes(spec, loaded)]}
    return {
        0: f"LowFormer {loaded.config.name}",
        2: spec.model_version,
        3: [graph],
        4: spec.author,
        5: spec.license,
        7: _PARSER_VERSION,
    }


def _image(spec: ExportSpec, preprocessing: Preprocessing) -> Table:
    """The input's TensorMetadata; a file that takes pixels leaves nothing to normalise."""
    unit: Table = {0: _NORMALIZATION, 1: _normalization(preprocessing)}
    return {
        0: INPUT_NAME,
        3: {0: _IMAGE_PROPERTIES, 1: {0: _RGB}},
        4: [] if spec.takes_image else [unit],
    }


def _normalization(preprocessing: Preprocessing) -> Table:
    """NormalizationOptions: mean and deviation of pixels from 0 to 255."""
    scaled = (
        [float(_WHITE * value) for value in part]
        for part in (preprocessing.mean, preprocessing.std)
    )
    return dict(enumerate(scaled))


def _classes(spec: ExportSpec, loaded: LoadedModel) -> Table:
    """The output's TensorMetadata; the file of class names is an AssociatedFile."""
    file: Table = {0: LABELS_FILE, 2: _AXIS_LABELS}
    (name,) = output_names(spec, loaded)
    return {0: name, 6: [] if loaded.labels is None else [file]}


def _packed(builder: Builder, table: Table) -> int:
    """Writes a table, and gives its place; what is empty is left out."""
    fields = {
        field: value if isinstance(value, int) else _place(builder, value)
        for field, value in table.items()
        if value
    }
    builder.StartObject(max(fields, default=-1) + 1)
    for field, value in fields.items():
        if isinstance(table[field], int):
            builder.PrependInt8Slot(field, value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(field, value, 0)
    return int(builder.EndObject())


def _place(builder: Builder, value: str | Table | Sequence[float] | Sequence[Table]) -> int:
    """Writes what a table refers to, and gives its place."""
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, Mapping):
        return _packed(builder, value)
    items = [_packed(builder, item) if isinstance(item, Mapping) else item for item in value]
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        if isinstance(item, float):
            builder.PrependFloat32(item)
        else:
            builder.PrependUOffsetTRelative(item)
    return int(builder.EndVector())
