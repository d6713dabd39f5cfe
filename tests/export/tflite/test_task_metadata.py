"""What MediaPipe's tasks and the Task Library find in a file, read without what wrote it.

Fields are numbered as in MediaPipe's metadata_schema.fbs.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite.exporter import TFLiteExporter
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.executorch.flatbuffer import Table

IMAGE_PROPERTIES, NORMALIZATION, AXIS_LABELS, RGB = 2, 1, 2, 1
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.25)


@pytest.fixture(scope="module")
def exporter(slight_config: LowFormerConfig) -> TFLiteExporter:
    names = tuple(f"Klasse Ü{number}" for number in range(slight_config.num_classes))
    spec = Preprocessing(size=64, mean=MEAN, std=STD)
    return TFLiteExporter(
        LoadedModel(random_model(slight_config), spec, names, "random weights", None)
    )


def written(exporter: TFLiteExporter, spec: ExportSpec) -> bytes:
    return exporter.export(spec, exporter.model, None)


def stated(content: bytes) -> Table:
    """The message in a file's buffer."""
    model = schema.Model.GetRootAs(content)
    entries = [model.Metadata(index) for index in range(model.MetadataLength())]
    (entry,) = (entry for entry in entries if entry.Name() == b"TFLITE_METADATA")
    message = model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    assert message[4:8] == b"M001"
    return Table.root(memoryview(message))


def image_and_classes(content: bytes) -> tuple[Table, Table]:
    (graph,) = stated(content).tables(3)
    (image,), (classes,) = graph.tables(2), graph.tables(3)
    return image, classes


def test_pixels_are_normalised_as_the_model_wants(exporter: TFLiteExporter) -> None:
    image, _ = image_and_classes(written(exporter, ExportSpec()))
    assert image.text(0) == "image"
    content = image.table(3)
    assert content is not None
    kind, properties = content.union(0)
    assert properties is not None
    assert (kind, properties.integer(0, "<b")) == (IMAGE_PROPERTIES, RGB)
    (unit,) = image.tables(4)
    kind, options = unit.union(0)
    assert options is not None
    assert kind == NORMALIZATION
    np.testing.assert_allclose(options.numbers(0), 255 * np.array(MEAN), rtol=1e-6)
    np.testing.assert_allclose(options.numbers(1), 255 * np.array(STD), rtol=1e-6)


def test_a_file_that_takes_pixels_leaves_nothing_to_normalise(exporter: TFLiteExporter) -> None:
    image, classes = image_and_classes(
        written(exporter, ExportSpec(input="image", output="probabilities"))
    )
    assert image.tables(4) == ()
    assert classes.text(0) == "probabilities"


def test_class_names_are_a_file_behind_the_model(exporter: TFLiteExporter) -> None:
    content = written(exporter, ExportSpec())
    _, classes = image_and_classes(content)
    (file,) = classes.tables(6)
    assert (file.text(0), file.integer(2, "<b")) == ("labels.txt", AXIS_LABELS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (entry,) = archive.infolist()
        assert entry.compress_type == zipfile.ZIP_STORED
        assert archive.read(file.text(0)).decode().split("\n")[:2] == ["Klasse Ü0", "Klasse Ü1"]
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()


def test_without_class_names_there_is_no_file(
    exporter: TFLiteExporter,
) -> None:
    unnamed = LoadedModel(
        exporter.loaded.network, exporter.loaded.preprocessing, None, "random weights", None
    )
    content = written(TFLiteExporter(unnamed), ExportSpec())
    _, classes = image_and_classes(content)
    assert classes.tables(6) == ()
    assert not zipfile.is_zipfile(io.BytesIO(content))


def test_authorship_is_stated_and_bytes_repeat(exporter: TFLiteExporter) -> None:
    spec = ExportSpec(author="Ada", license="Apache-2.0", model_version="3")
    message = stated(written(exporter, spec))
    assert [message.text(field) for field in (0, 2, 4, 5)] == [
        "LowFormer slight",
        "3",
        "Ada",
        "Apache-2.0",
    ]
    assert written(exporter, spec) == written(exporter, spec)
