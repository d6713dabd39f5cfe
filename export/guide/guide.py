"""The page of a bundle that tells other people's apps how to use each of its files."""

from __future__ import annotations

from ...artifact.formats import FORMATS
from ...artifact.manifest import ArtifactRecord, Manifest, Tensor
from .kotlin import kotlin_code
from .photo import photo_section
from .program import INSTALLED, program
from .results import results_section
from .swift import swift_code
from .template import block

FILE = "USE.md"

_XNNPACK = "xnnpack"

_KINDS = {"classification": "classifier", "detection": "detector", "segmentation": "segmenter"}


def use_guide(manifest: Manifest) -> str:
    """The page in Markdown; the same manifest gives the same page.

    Args:
        manifest: Of the bundle; only what it states of the model and its files is told.
    """
    classes = manifest.num_classes
    named = "by their names in `labels.txt`" if manifest.labels else "whose names nobody stated"
    normalises = any(_takes_normalised(record) for record in manifest.artifacts)
    parts = [
        f"# Using {manifest.name}",
        f"A {_KINDS.get(manifest.task, manifest.task)} of {classes} classes, {named}. This page is"
        " made from `manifest.json`, which states more. Of Python take the blocks of the first two"
        " sections and then one file's, and start them in this folder, beside a `photo.jpg`;"
        " lowformer-edge is not needed.",
        _caveat(manifest),
        "## From a photo to the input",
        photo_section(manifest.preprocessing_spec(), normalises=normalises),
        "## What comes out",
        results_section(manifest),
        *(part for record in manifest.artifacts for part in _file_section(record, manifest)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _caveat(manifest: Manifest) -> str:
    if manifest.source.fit_for_accuracy:
        return ""
    return "**The weights are random: what the files find means nothing.**"


def _takes_normalised(record: ArtifactRecord) -> bool:
    return record.spec.get("input") != "image"


def _file_section(record: ArtifactRecord, manifest: Manifest) -> list[str]:
    """What is told of one file."""
    title = FORMATS[record.format].title if record.format in FORMATS else record.format
    preprocessing = manifest.preprocessing_spec()
    parts = [
        f"## {record.file.path}",
        f"{title}, {record.precision}. Photos: {preprocessing.description}.",
        _table(record),
    ]
    reason = _no_code(record)
    if reason:
        return [*parts, reason]
    if record.format == "coreml":
        told = (
            "Swift, for iOS 16 and later; **it was not compiled**. `photo` or `pixels`, red, green"
            " and blue by rows, are what was resized as above:"
        )
        return [*parts, told, block("swift", swift_code(record, preprocessing))]
    parts += [
        f"Python, with `pip install {INSTALLED[record.format]}`:",
        block("python", program(record, manifest.task)),
    ]
    if not FORMATS[record.format].in_app:
        return parts
    told = (
        "Kotlin, with the modules `core` and `runtime` of lowformer-edge's `android_demo`; `bundle`"
        " is this folder on the phone, which `EdgeModel.unpack` makes of an app's assets:"
    )
    return [*parts, told, block("kotlin", kotlin_code(record, manifest.task))]


def _no_code(record: ArtifactRecord) -> str:
    """Why a file has no code here; empty where it has."""
    backend = (record.spec.get("options") or {}).get("backend", _XNNPACK)
    if record.format == "executorch" and backend != _XNNPACK:
        return (
            f"It needs an ExecuTorch that is built with its {backend} delegate, which neither that"
            " of PyPI nor the library for Android has; no code of ours runs it."
        )
    if record.format not in (*INSTALLED, "coreml"):
        return (
            "It needs ONNX Runtime with Qualcomm's execution provider (`onnxruntime-qnn`) on the"
            " chip itself; no code of ours runs it there."
        )
    return ""


def _table(record: ArtifactRecord) -> str:
    """A file's inputs and outputs."""
    rows = [f"| in | {_row(one)} {_values(one)} |" for one in record.inputs]
    rows += [f"| out | {_row(one)} {_integers(one)} |" for one in record.outputs]
    head = ["| | name | shape | layout | type | values |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _row(tensor: Tensor) -> str:
    shape = " x ".join("any" if side is None else str(side) for side in tensor.shape)
    return f"`{tensor.name}` | {shape} | {tensor.layout} | {tensor.dtype} |"


def _values(tensor: Tensor) -> str:
    """What an input's numbers are."""
    if tensor.dtype == "uint8" and tensor.quantization is None:
        return "pixels"
    return f"normalised{_integers(tensor, ', ')}"


def _integers(tensor: Tensor, before: str = "") -> str:
    """What integers stand for; empty where they are floats."""
    stated = tensor.quantization
    if stated is None:
        return ""
    return f"{before}real = {stated.scale!r} * (integer {-stated.zero_point:+d})"
