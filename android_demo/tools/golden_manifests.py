"""Writes manifests, good and bad, with what Python says of each, for the app's tests.

python -m lowformer_edge.android_demo.tools.golden_manifests

The app must refuse what Python refuses, and read what Python reads. Where it differs on purpose,
the case says why.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...artifact.files import digest_of, size_of
from ...artifact.manifest import FILE_NAME, read_manifest
from ...artifact.preprocessing import Preprocessing
from ...errors import ManifestError
from .golden_pixels import FOLDER

FILE = "manifests.json.gz"

CONTENTS = {
    "model-int8.tflite": "not really a model",
    "model-fp32.onnx": "nor this",
    "package.mlpackage/Manifest.json": "{}",
    "package.mlpackage/Data/weights.bin": "weights",
    "labels.txt": "cat\ndog\n",
    "golden.npz": "golden",
    "ranges.json": "{}",
}
"""What the files of the bundle hold, by path."""

PRUNING = {
    "max_drop": 0.3,
    "max_high": 0.6,
    "layers": {"backbone.stages.0.op_list.0.main": {"channels": 16, "before": 32}},
    "macs": 1,
    "macs_before": 2,
    "losses": {},
}

UNREAD = "the app does not read that field"
STRICTER = "the app takes no text for a number"
LATER = "Python leaves that to the runtimes"
GUESSES_NOT = "the app guesses no preprocessing"


@dataclasses.dataclass(frozen=True)
class Case:
    """A manifest's text.

    Attributes:
        name: What is wrong with it, if anything is.
        text: The file's content.
        difference: Why the app decides otherwise than Python, where it does.
    """

    name: str
    text: str
    difference: str | None = None


def _record(folder: Path, name: str) -> dict[str, Any]:
    return {"path": name, "sha256": digest_of(folder / name), "bytes": size_of(folder / name)}


def _tensor(
    name: str, shape: list[int | None], dtype: str, layout: str, zero_point: int | None = None
) -> dict[str, Any]:
    quantization = None if zero_point is None else {"scale": 0.02, "zero_point": zero_point}
    return {
        "name": name,
        "shape": shape,
        "dtype": dtype,
        "layout": layout,
        "quantization": quantization,
    }


def _artifact(
    file: dict[str, Any], name: str, precision: str, *tensors: dict[str, Any]
) -> dict[str, Any]:
    return {
        "file": file,
        "format": name,
        "precision": precision,
        "spec": {
            "version": 2,
            "format": name,
            "precision": precision,
            "input": "tensor",
            "output": "logits",
            "options": {},
        },
        "inputs": [tensors[0]],
        "outputs": [tensors[1]],
        "ops": {"CONV_2D": 3},
    }


def _manifest(folder: Path) -> dict[str, Any]:
    """A manifest of a folder with :data:`CONTENTS`."""
    return {
        "schema_version": 2,
        "name": "model",
        "task": "classification",
        "model": {"name": "model", "num_classes": 2},
        "source": {
            "name": "random weights",
            "sha256": None,
            "taken": "",
            "fit_for_accuracy": False,
        },
        "preprocessing": Preprocessing(size=32).to_dict(),
        "preprocessing_sources": {"mean": "the default"},
        "outputs": [{"name": "logits", "shape": [2], "layout": "K"}],
        "labels": _record(folder, "labels.txt"),
        "classes_source": "the checkpoint",
        "golden": _record(folder, "golden.npz"),
        "artifacts": [
            _artifact(
                _record(folder, "model-int8.tflite"),
                "tflite",
                "int8",
                _tensor("image", [1, 32, 32, 3], "int8", "NHWC", -5),
                _tensor("logits", [1, 2], "int8", "NK", 3),
            ),
            _artifact(
                _record(folder, "model-fp32.onnx"),
                "onnx",
                "fp32",
                _tensor("image", [None, 3, 32, 32], "float32", "NCHW"),
                _tensor("logits", [None, 2], "float32", "NK"),
            ),
            _artifact(
                _record(folder, "package.mlpackage"),
                "coreml",
                "fp16",
                _tensor("image", [1, 3, 32, 32], "uint8", "RGB image"),
                _tensor("logits", [], "float", "dictionary"),
            ),
        ],
        "calibration": {
            "sha256": "0" * 64,
            "data": "noise",
            "images": 8,
            "distinct": 8,
            "observer": "minmax",
            "ranges": _record(folder, "ranges.json"),
        },
        "machine": {},
        "toolchain": {},
    }


Change = Callable[[dict[str, Any]], object]


def _set(field: str, value: object, *place: str | int) -> Change:
    """Gives a field of the object at a place another value."""

    def change(manifest: dict[str, Any]) -> None:
        _at(manifest, place)[field] = value

    return change


def _drop(field: str, *place: str | int) -> Change:
    """Takes a field away from the object at a place."""
    return lambda manifest: _at(manifest, place).pop(field)


def _at(manifest: dict[str, Any], place: Sequence[str | int]) -> Any:
    target: Any = manifest
    for step in place:
        target = target[step]
    return target


def _changes() -> Iterator[tuple[str, Change, str | None]]:
    """Names and changes of good values, and why the app decides otherwise, where it does."""
    yield from _changes_of_bundles()
    yield from _changes_of_artifacts()
    yield from _changes_of_maps()


def _changes_of_bundles() -> Iterator[tuple[str, Change, str | None]]:
    """Those of what is stated once, and of files."""
    yield "nothing is wrong", lambda it: None, None
    yield "unknown labels", lambda it: it.update(labels=None), None
    yield "unknown ranges", lambda it: it.update(calibration=None), None
    yield "nothing exported", lambda it: it.update(artifacts=[]), None
    yield "an optional field", lambda it: it.update(requirements=["partitions<=1"]), None
    yield "a pruned model", lambda it: it.update(pruning=PRUNING), None
    yield "pruning in text", lambda it: it.update(pruning="half of it"), UNREAD
    yield "a path with a dot", lambda it: it["golden"].update(path="./golden.npz"), None
    yield "a path with two slashes", lambda it: it["golden"].update(path=".//golden.npz"), None
    yield "an unused dtype", lambda it: _tensor_of(it, 1).update(dtype="float16"), None
    yield "an unused layout", lambda it: _tensor_of(it, 1).update(layout=""), None
    yield "a whole crop ratio", _preprocessed(crop_ratio=1, resize=[32, 32]), None
    yield "a squashed image", _preprocessed(resize_mode="squash", resize=[32, 32]), None
    yield "a letterboxed image", _preprocessed(resize_mode="letterbox", resize=[32, 32]), None
    yield "a squash that covers more", _preprocessed(resize_mode="squash"), None
    yield "a sole size", _renamed_size, GUESSES_NOT
    yield "names of nobody", lambda it: it.update(classes_source=None), None
    yield "no weights taken", _drop("taken", "source"), None
    yield from _changes_of_what_is_stated()
    yield from _changes_of_files()
    for field, values in _PREPROCESSING.items():
        for value in values:
            yield f"{field} {value!r}", _set(field, value, "preprocessing"), None


def _changes_of_maps() -> Iterator[tuple[str, Change, str | None]]:
    """Those of detectors and segmenters."""
    yield "a segmenter", _segmenting, None
    yield "a segmenter of planes", _then(_segmenting, _giving_map("NCHW", [1, 2, 8, 8])), None
    yield "a segmenter of other sides", _then(_segmenting, _of_map([2, 8, 9])), LATER
    yield "a segmenter of 256 classes", _then(_segmenting, _of_map([256, 8, 8])), LATER
    yield "a segmenter without a map", _then(_segmenting, _of_map([2])), LATER
    yield "a map in another order", _then(_segmenting, _giving_map("NHWC", [1, 2, 8, 8])), LATER
    yield "a detector", _detecting("logits"), None
    yield "a detector of boxes", _detecting("boxes"), None
    yield "a detector of probabilities", _detecting("probabilities"), LATER
    yield (
        "a detector of a level's logits alone",
        _then(_detecting("logits"), lambda it: it["outputs"].pop()),
        LATER,
    )
    yield (
        "a file of a level's logits alone",
        _then(_detecting("logits"), lambda it: it["artifacts"][0]["outputs"].pop()),
        LATER,
    )
    yield (
        "boxes of other anchors",
        _then(_detecting("boxes"), _set("shape", [1, 143, 4], "artifacts", 0, "outputs", 0)),
        LATER,
    )


def _then(*changes: Change) -> Change:
    """Several, one after the other."""

    def change(manifest: dict[str, Any]) -> None:
        for one in changes:
            one(manifest)

    return change


def _of_map(shape: list[int]) -> Change:
    return _set("shape", shape, "outputs", 0)


def _giving_map(layout: str, shape: list[int]) -> Change:
    """What the first file gives."""
    return lambda it: it["artifacts"][0]["outputs"][0].update(layout=layout, shape=shape)


def _segmenting(manifest: dict[str, Any]) -> None:
    """Makes it a segmenter of 32 x 32."""
    manifest["task"] = "segmentation"
    manifest["outputs"] = [{"name": "logits", "shape": [2, 8, 8], "layout": "CHW"}]
    _giving_map("NHWC", [1, 8, 8, 2])(manifest)


def _detecting(output: str) -> Change:
    """Makes it a detector of 32 x 32 with one level, whose first file gives what is named."""

    def change(manifest: dict[str, Any]) -> None:
        named = {"class_logits_p3": 18, "box_deltas_p3": 36}
        manifest["task"] = "detection"
        manifest["outputs"] = [
            {"name": name, "shape": [channels, 4, 4], "layout": "CHW"}
            for name, channels in named.items()
        ]
        file = manifest["artifacts"][0]
        file["spec"]["output"] = output
        maps = [_tensor(name, [1, 4, 4, size], "int8", "NHWC", 3) for name, size in named.items()]
        boxes = [
            _tensor("boxes", [1, 144, 4], "float32", ""),
            _tensor("scores", [1, 144, 2], "float32", ""),
        ]
        file["outputs"] = boxes if output == "boxes" else maps

    return change


def _changes_of_what_is_stated() -> Iterator[tuple[str, Change, str | None]]:
    """Those of single fields."""
    for version in (0, 1, 3, "2", None, 1.5, [2]):
        yield f"schema {version!r}", _set("schema_version", version), None
    for field in _REQUIRED:
        yield f"no {field}", _drop(field), None
    yield "no number of classes", _drop("num_classes", "model"), None
    for value in (None, 0, -1, 2.0, 2.5, "2", True, [2], 2**31, 2**70):
        yield f"number of classes {value!r}", _set("num_classes", value, "model"), None
    yield "a list for the model", lambda it: it.update(model=[2]), None
    for field in ("height", "width"):
        yield f"no {field}", _drop(field, "preprocessing"), None
    for field in _GUESSED:
        yield f"no {field}", _drop(field, "preprocessing"), GUESSES_NOT
    yield "a sole side", lambda it: it["preprocessing"].update(resize=34), GUESSES_NOT
    yield "no padding stated", lambda it: it["preprocessing"].update(padding=None), GUESSES_NOT
    yield "another task", lambda it: it.update(task="detection"), LATER
    yield "a task that nobody knows", lambda it: it.update(task="tracking"), LATER
    yield "a task of a number", lambda it: it.update(task=3), None
    yield "sources in text", lambda it: it.update(preprocessing_sources="default"), UNREAD
    yield "a source of a number", lambda it: it.update(classes_source=3), UNREAD
    yield "an empty list of outputs", lambda it: it.update(outputs=[]), None
    yield "two outputs", lambda it: it["outputs"].append(it["outputs"][0]), LATER
    for field in ("name", "shape", "layout"):
        yield f"no {field} of an output", _drop(field, "outputs", 0), None
    yield "a new field of an output", lambda it: it["outputs"][0].update(extra=1), None
    yield "an open output", _set("shape", [None], "outputs", 0), None
    yield "half a class", _set("shape", [2.5], "outputs", 0), None
    for shape in ([0], [-2]):
        yield f"classes {shape}", _set("shape", shape, "outputs", 0), None
    for shape in ([], [2, 2]):
        yield f"classes {shape}", _set("shape", shape, "outputs", 0), LATER
    yield "another layout", _set("layout", "HWC", "outputs", 0), LATER


def _changes_of_files() -> Iterator[tuple[str, Change, str | None]]:
    """Those of files, and fields that nobody knows."""
    for path in _HOSTILE:
        yield f"path {path!r}", _set("path", path, "golden"), None
        yield f"model {path!r}", _set("path", path, "artifacts", 0, "file"), None
    yield "a guide", lambda it: it.update(guide=dict(it["labels"])), None
    yield "a guide in text", lambda it: it.update(guide="labels.txt"), None
    yield "a missing guide", lambda it: it.update(guide={**it["labels"], "path": "USE.md"}), None
    yield "a missing file", lambda it: it["golden"].update(path="silver.npz"), None
    yield "a wrong hash", lambda it: it["golden"].update(sha256="0" * 64), None
    yield "a wrong hash of a folder", lambda it: _file_of(it, 2).update(sha256="0" * 64), None
    yield "a short hash", lambda it: it["golden"].update(sha256="0" * 63), None
    yield "a hash in capitals", lambda it: it["golden"].update(sha256="A" * 64), None
    yield "a hash and a line", lambda it: it["golden"].update(sha256="0" * 64 + "\n"), None
    yield "a negative size", lambda it: it["golden"].update(bytes=-1), None
    yield "a wrong size", lambda it: it["golden"].update(bytes=7), "Python goes by the hash"
    yield "a size in text", lambda it: it["golden"].update(bytes="6"), STRICTER
    yield "half a byte", lambda it: it["golden"].update(bytes=6.5), None
    yield "a size beyond 64 bits", lambda it: it["golden"].update(bytes=2**70), LATER
    yield "a new field", lambda it: it.update(extra=1), None
    yield "a new field of a file", lambda it: it["golden"].update(extra=1), None
    yield "a new field of an artifact", lambda it: it["artifacts"][0].update(extra=1), None
    yield "a new field of a tensor", lambda it: _tensor_of(it).update(extra=1), None
    yield "a new field of a source", lambda it: it["source"].update(extra=1), UNREAD
    yield "a new step", lambda it: it["preprocessing"].update(extra=1), None


def _changes_of_artifacts() -> Iterator[tuple[str, Change, str | None]]:
    """Those of the exported files, and of what is stated of their tensors."""
    yield "the target of schema 1", lambda it: it["artifacts"][0].update(target="tflite"), None
    yield "an image", _taking_images("image", "uint8"), None
    yield "an image of floats", _taking_images("image", "float32"), LATER
    yield "a tensor of bytes", _taking_images("tensor", "uint8"), LATER
    yield "an input of what", _taking_images("video", "uint8"), LATER
    yield "a quantized image", _set("dtype", "uint8", "artifacts", 0, "inputs", 0), LATER
    yield "probabilities", _giving("probabilities", "probabilities"), None
    yield "probabilities called logits", _giving("probabilities", "logits"), LATER
    yield "logits called probabilities", _giving("logits", "probabilities"), LATER
    yield "an output of what", _giving("odds", "logits"), LATER
    yield "classes in bytes", _bytes_out, LATER
    yield "other classes", _set("shape", [1, 3], "artifacts", 0, "outputs", 0), LATER
    yield "an open batch", _set("shape", [None, 32, 32, 3], "artifacts", 0, "inputs", 0), LATER
    yield "open classes", _set("shape", [1, None], "artifacts", 0, "outputs", 0), LATER
    yield "a name of a number", lambda it: it.update(name=3), None
    yield "labels in text", lambda it: it.update(labels="labels.txt"), None
    yield "artifacts in an object", lambda it: it.update(artifacts={}), None
    yield "an artifact in a list", lambda it: it.update(artifacts=[[]]), None
    yield "an artifact of nothing", lambda it: it.update(artifacts=[None]), None
    for field in ("file", "format", "precision", "spec", "inputs", "outputs", "ops"):
        yield f"no {field} of an artifact", _drop(field, "artifacts", 0), None
    for field in ("name", "shape", "dtype", "layout"):
        yield f"no {field} of a tensor", _drop(field, "artifacts", 0, "inputs", 0), None
    yield "inputs in text", lambda it: it["artifacts"][0].update(inputs="image"), None
    yield "two inputs", lambda it: it["artifacts"][0]["inputs"].append(_tensor_of(it)), LATER
    yield "an unknown dtype", lambda it: _tensor_of(it).update(dtype="complex64"), LATER
    yield "an unknown layout", lambda it: _tensor_of(it).update(layout="CHWN"), LATER
    yield "a dtype of a number", lambda it: _tensor_of(it).update(dtype=3), None
    for shape in _ABSURD:
        yield f"shape {shape[:4]}", _set("shape", shape, "artifacts", 0, "inputs", 0), LATER
    yield "a shape in text", lambda it: _tensor_of(it).update(shape="1x32x32x3"), None
    yield "a shape of texts", lambda it: _tensor_of(it).update(shape=["a", "b"]), None
    yield "half a pixel", lambda it: _tensor_of(it).update(shape=[1, 32.5, 32, 3]), None
    yield "no quantization", lambda it: _tensor_of(it).update(quantization=None), LATER
    yield "a scale of 0", lambda it: _tensor_of(it)["quantization"].update(scale=0), None
    yield "a scale below 0", lambda it: _tensor_of(it)["quantization"].update(scale=-1), None
    yield "a scale in text", lambda it: _tensor_of(it)["quantization"].update(scale="x"), None
    yield "half a step", lambda it: _tensor_of(it)["quantization"].update(zero_point=0.5), None
    yield "a far zero", lambda it: _tensor_of(it)["quantization"].update(zero_point=999), LATER
    yield "a wrong field of none's", lambda it: it.update(toolchain=3), UNREAD


def _preprocessed(**stated: object) -> Change:
    """States other preprocessing."""
    return lambda manifest: manifest["preprocessing"].update(stated)


def _renamed_size(manifest: dict[str, Any]) -> None:
    """States a square's side, which Python takes as both."""
    stated = manifest["preprocessing"]
    del stated["height"], stated["width"]
    stated["size"] = 32


def _taking_images(kind: str, dtype: str) -> Change:
    """Has the file take another kind of input."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["artifacts"][0]["spec"]["input"] = kind
        _tensor_of(manifest).update(dtype=dtype, quantization=None)

    return change


def _giving(kind: str, name: str) -> Change:
    """Has the file give another kind of output."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["artifacts"][0]["spec"]["output"] = kind
        manifest["artifacts"][0]["outputs"][0]["name"] = name

    return change


def _bytes_out(manifest: dict[str, Any]) -> None:
    """Has the file give unsigned bytes."""
    manifest["artifacts"][0]["outputs"][0].update(dtype="uint8", quantization=None)


_GUESSED = (
    "resize",
    "resize_mode",
    "crop_ratio",
    "interpolation",
    "padding",
    "padding_place",
    "mean",
    "std",
)
"""What Python has defaults for."""
_REQUIRED = (
    "schema_version",
    "name",
    "task",
    "model",
    "source",
    "preprocessing",
    "preprocessing_sources",
    "outputs",
    "labels",
    "classes_source",
    "golden",
    "artifacts",
    "calibration",
    "machine",
    "toolchain",
)
_HOSTILE = (
    "/etc/passwd",
    "../golden.npz",
    "a/../../golden.npz",
    "package.mlpackage/../golden.npz",
    "C:/golden.npz",
    "C:golden.npz",
    "..\\golden.npz",
    "a\\b",
    "",
    ".",
    "./",
    "..",
    "a\0b",
    "//golden.npz",
    "a\nb",
    "\ud800",
    "\u202egolden.npz",
)
_PREPROCESSING = {
    "height": (0, -1, 31, 32.5, "32", None, True, 2**40),
    "width": (0, 33, "32", None),
    "resize": ([33, 34], [34, 35], [34], [34, 34, 34], "34", None, [34, "34"], [34, 34.0], 35),
    "resize_mode": ("pad", "CROP", "", None, 1, ["crop"]),
    "crop_ratio": (0, 1.1, "1", None, 1e-320, 1.5),
    "interpolation": ("cubic", "BICUBIC", None, 3),
    "padding": (
        [256, 0, 0],
        [0, -1, 0],
        [0, 0],
        [0, 0, 0, 0],
        [0, 0, 0.5],
        [1.0, 1, 1],
        [True, 0, 0],
        "abc",
        0,
        [None, 0, 0],
    ),
    "padding_place": ("top-left", "", None, 2),
    "mean": (3, [0.5, 0.5], ["a", "b", "c"], [0.5, 0.5, None], None),
    "std": ([0.0, 1.0, 1.0], [1, 1, -1], [1, 1, 1, 1]),
}
_ABSURD: tuple[list[int], ...] = (
    [],
    [1],
    [1, 32, 32],
    [1, 3, 32, 32],
    [1, 64, 64, 3],
    [0, 32, 32, 3],
    [-1, 32, 32, 3],
    [2, 32, 32, 3],
    [2**31 - 1, 32, 32, 3],
    [2**33, 32, 32, 3],
    [65536, 65536, 65536, 65536],
    [1] * 100,
)


def _file_of(manifest: dict[str, Any], number: int = 0) -> Any:
    return manifest["artifacts"][number]["file"]


def _tensor_of(manifest: dict[str, Any], number: int = 0) -> Any:
    return manifest["artifacts"][number]["inputs"][0]


def _texts(good: str) -> Iterator[tuple[str, str, str | None]]:
    """Names and texts that are no JSON, or hardly, and why the app decides otherwise."""
    yield "empty", "", None
    yield "a list", "[]", None
    yield "null", "null", None
    yield "a number", "1", None
    yield "a brace", "{", None
    for share in (0.2, 0.5, 0.9, 0.999):
        yield f"cut off at {share}", good[: int(len(good) * share)], None
    yield "something behind", good + "}", None
    yield "a second document", good + good, None
    yield "spaces around", f"\n\t {good} \r\n", None
    yield "a mark of byte order", "\ufeff" + good, None
    yield "a comment", good.replace("{", "{/* hello */", 1), None
    yield "single quotes", good.replace('"', "'"), None
    yield "a name without quotes", good.replace('"name"', "name"), None
    yield "a comma too many", good.replace("[1, 32, 32, 3]", "[1, 32, 32, 3,]"), None
    yield "a comma too few", good.replace("[1, 32, 32, 3]", "[1 32, 32, 3]"), None
    yield "an empty place", good.replace("[1, 32, 32, 3]", "[1,, 32, 32, 3]"), None
    yield "semicolons", good.replace("[1, 32, 32, 3]", "[1; 32; 32; 3]"), None
    yield "an octal number", good.replace("[1, 32, 32, 3]", "[1, 032, 32, 3]"), None
    yield "a hexadecimal number", good.replace("[1, 32, 32, 3]", "[1, 0x20, 32, 3]"), None
    yield "a plus", good.replace("[1, 32, 32, 3]", "[+1, 32, 32, 3]"), None
    yield "a bare point", good.replace('"scale": 0.02', '"scale": .02'), None
    yield "an exponent", good.replace('"scale": 0.02', '"scale": 2E-2'), None
    yield "not a number", good.replace('"scale": 0.02', '"scale": NaN'), None
    yield "infinity", good.replace('"scale": 0.02', '"scale": Infinity'), None
    yield "a number too large", good.replace('"scale": 0.02', '"scale": 1e999'), None
    yield "a line in a text", good.replace('"model"', '"mo\ndel"'), None
    yield "a bad escape", good.replace('"name": "model"', '"name": "\\x41"'), None
    yield "a cut escape", good.replace('"name": "model"', '"name": "\\u12"'), None
    yield "an escape", good.replace('"name": "model"', '"name": "\\u0041"'), None
    yield (
        "nested lists",
        good.replace('"model": {', '"model": {"a": ' + "[" * 150 + "]" * 150 + ", "),
        None,
    )
    yield "deeply nested lists", "[" * 100_000, None
    yield "deeply nested objects", '{"a":' * 50_000, None
    deep = '"model": {"a": ' + "[" * 5000 + "]" * 5000 + ", "
    yield "closed deeply nested lists", good.replace('"model": {', deep), None


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def golden_manifests() -> dict[str, Any]:
    """The files of a bundle, and manifests for it with the verdicts on them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in CONTENTS.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return {
            "contents": CONTENTS,
            "cases": [_judged(folder, case) for case in _cases(folder)],
        }


def _cases(folder: Path) -> Iterator[Case]:
    for name, change, difference in _changes():
        manifest = _manifest(folder)
        change(manifest)
        yield Case(name, json.dumps(manifest), difference)
    for name, text, difference in _texts(json.dumps(_manifest(folder))):
        yield Case(name, text, difference)


def _judged(folder: Path, case: Case) -> dict[str, Any]:
    (folder / FILE_NAME).write_text(case.text, encoding="utf-8")
    try:
        read_manifest(folder)
    except ManifestError:
        reads = False
    else:
        reads = True
    return {**dataclasses.asdict(case), "reads": reads}


def main() -> None:
    """Writes the file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(golden_manifests())
    (FOLDER / FILE).write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
