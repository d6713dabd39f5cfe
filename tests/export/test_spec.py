from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.calibration.recipe import uniform
from lowformer_edge.errors import UsageError
from lowformer_edge.export.options import (
    UPSAMPLINGS,
    CoreMLOptions,
    ExecuTorchOptions,
    OnnxOptions,
    TFLiteOptions,
)
from lowformer_edge.export.spec import INPUTS, ExportSpec

SPECS = (
    st.just(ExportSpec(precision="int8", recipe=uniform("int8", [("linear", "fp16")])))
    | st.builds(
        ExportSpec,
        precision=st.sampled_from(FORMATS["tflite"].precisions),
        batch=st.integers(1, 1024),
    )
    | st.builds(
        ExportSpec,
        format=st.just("coreml"),
        precision=st.sampled_from(FORMATS["coreml"].precisions),
        author=st.text(),
        license=st.text(),
        model_version=st.text(),
        options=st.builds(
            CoreMLOptions,
            deployment_target=st.sampled_from(["iOS17", "iOS18"]),
        ),
        input=st.sampled_from(INPUTS),
        output=st.sampled_from(("logits", "probabilities")),
    )
    | st.builds(
        ExportSpec,
        precision=st.just("int8"),
        options=st.builds(TFLiteOptions, io=st.sampled_from(["float", "int8"])),
    )
    | st.builds(
        ExportSpec,
        precision=st.sampled_from(["fp32", "fp16"]),
        options=st.builds(TFLiteOptions, upsampling=st.sampled_from(UPSAMPLINGS)),
    )
    | st.builds(
        ExportSpec,
        format=st.just("executorch"),
        precision=st.sampled_from(["fp32", "fp16"]),
        options=st.builds(ExecuTorchOptions, backend=st.sampled_from(["vulkan", "coreml"])),
    )
    | st.builds(
        ExportSpec,
        format=st.just("onnx"),
        options=st.builds(OnnxOptions, dynamic_batch=st.booleans()),
    )
)


FORMAT_AND_PRECISION = (("target", "tflite"), ("precision", "fp32"))


@given(SPECS)
def test_specs_round_trip_through_json(spec: ExportSpec) -> None:
    assert ExportSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_what_is_as_it_always_was_is_stated_as_it_always_was() -> None:
    assert ExportSpec().to_dict()["options"] == {"io": "float"}
    stated = ExportSpec.of("tflite", upsampling="resize").to_dict()
    assert stated["options"] == {"io": "float", "upsampling": "resize"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"target": "onnx2"}, "format 'onnx2' is unknown; choose one of tflite"),
        ({"precision": "int4"}, "int8-dynamic"),
        ({"io": "uint8"}, "float, int8"),
        ({"io": "int8"}, "need precision int8"),
        ({"upsampling": "nearest"}, "choose one of concatenation, resize"),
        ({"upsampling": "resize", "precision": "int8"}, "take fp32 and fp16, not int8; leave it"),
        ({"upsampling": "resize", "target": "onnx"}, "`upsampling` resize is for tflite, not onnx"),
        ({"batch": 0}, "between 1 and 1024"),
        ({"recipe": uniform("int8")}, "a recipe needs precision int8, not fp32"),
        ({"batch": 2.0}, "between 1 and 1024"),
        ({"bias_correction": True}, "bias correction needs precision int8"),
        ({"bias_correction": 1, "precision": "int8"}, "true or false"),
        ({"target": "onnx", "precision": "int8-dynamic"}, "onnx has no int8-dynamic"),
        (
            {"target": "executorch", "precision": "int8", "backend": "vulkan"},
            "vulkan backend has no int8",
        ),
        ({"backend": "vulkan"}, "is for executorch"),
        ({"target": "executorch", "backend": "qnn"}, "'qnn' is unknown"),
        ({"dynamic_batch": True}, "is for onnx"),
        (
            {"target": "onnx", "precision": "int8", "io": "int8"},
            "`io` int8 is for tflite, not onnx",
        ),
        ({"precision": "palettized-4bit"}, "tflite has no palettized-4bit"),
        ({"target": "coreml", "precision": "int8-dynamic"}, "coreml has no int8-dynamic"),
        ({"target": "coreml", "deployment_target": "iOS15"}, "choose one of iOS16, iOS17, iOS18"),
        (
            {"target": "coreml", "precision": "int8", "deployment_target": "iOS16"},
            r"\(W8A8\) from iOS17 on; choose that `deployment_target`",
        ),
        ({"target": "coreml", "input": "image", "batch": 2}, "takes one image"),
        ({"input": "image", "io": "int8", "precision": "int8"}, "two types of input"),
        ({"output": "classes"}, "choose one of logits, probabilities"),
        ({"output": "boxes", "precision": "fp16"}, "half precision has no room"),
        ({"target": "coreml", "output": "boxes", "precision": "int8"}, "choose one of fp32 of"),
        ({"output": "boxes", "precision": "int8", "io": "int8"}, "boxes are in pixels"),
        ({"target": "qnn", "precision": "fp16", "input": "image"}, "take normalised values"),
        ({"target": "coreml", "input": "video"}, "choose one of tensor, image"),
    ],
)
def test_impossible_specs(fields: dict[str, Any], reason: str) -> None:
    given = dict(fields)
    chosen = [given.pop(name, default) for name, default in FORMAT_AND_PRECISION]
    with pytest.raises(UsageError, match=reason):
        ExportSpec.of(*chosen, **given)


def test_options_of_another_format() -> None:
    with pytest.raises(UsageError, match="OnnxOptions are no options of tflite"):
        ExportSpec("tflite", options=OnnxOptions())


def test_other_versions_and_fields() -> None:
    fields = ExportSpec().to_dict()
    with pytest.raises(UsageError, match="version 1"):
        ExportSpec.from_dict({**fields, "version": 1})
    with pytest.raises(UsageError, match="unknown field layout"):
        ExportSpec.from_dict({**fields, "layout": "NCHW"})
    with pytest.raises(UsageError, match=r"unknown option.*layout"):
        ExportSpec.from_dict({**fields, "options": {"layout": "NCHW"}})


def test_labels_are_distinct() -> None:
    specs = [
        *(ExportSpec("tflite", precision) for precision in FORMATS["tflite"].precisions),
        ExportSpec.of(precision="int8", io="int8"),
        ExportSpec.of("executorch", "fp16", backend="vulkan"),
        ExportSpec("coreml", "palettized-4bit"),
        ExportSpec("coreml", "palettized-6bit"),
        ExportSpec.of("coreml", "fp16", input="image"),
        ExportSpec(output="probabilities"),
        ExportSpec(output="boxes"),
    ]
    assert len({spec.label for spec in specs}) == len(specs)
    assert "vulkan" in str(ExportSpec.of("executorch", "fp16", backend="vulkan").not_run)
