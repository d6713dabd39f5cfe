"""Core ML packages (``.mlpackage``): a folder with a model and its weights, read on any system."""

from __future__ import annotations

import dataclasses
import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...artifact.files import is_inside
from ...artifact.interface import METADATA_NAME, parse_metadata
from ...artifact.manifest import Tensor
from ...errors import ArtifactError
from ...process.limits import LARGEST_MODEL, LARGEST_TEXT
from ...process.reading import open_regular, read_bytes, read_text
from ..images import with_layouts
from .program import Blob, OpenSizeError, Program, read_program
from .protobuf import DamagedMessageError, Message

SPECIFICATION_VERSIONS = {7: "iOS16", 8: "iOS17", 9: "iOS18"}
"""Versions of the format that are read, and the first system that runs each."""

_MANIFEST = "Manifest.json"
_DATA = "Data"
_MODEL_PATH = "@model_path/"
_ML_PROGRAM = 502
_ARRAY_TYPES = {
    65552: "float16",
    65568: "float32",
    65600: "float64",
    131080: "int8",
    131104: "int32",
}
NO_ARRAYS = ("string", "dictionary")
"""Kinds of features that are no arrays: the name of a class, and the probabilities of all."""

_COLOURS = {10: "grey", 20: "RGB", 30: "BGR"}


@dataclasses.dataclass(frozen=True)
class Feature:
    """An input or output, as Core ML shows it to apps.

    Attributes:
        name: Its name.
        kind: ``array``, ``image``, ``dictionary`` or ``string``.
        shape: Of an array; [1, 3, H, W] of an image, with 1 for 3 where it is grey.
        dtype: Of an array's elements; ``uint8`` of an image.
        description: A short text.
        colours: Of an image: ``RGB``, ``BGR`` or ``grey``; empty otherwise.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    dtype: str
    description: str
    colours: str = ""


@dataclasses.dataclass(frozen=True)
class MLPackage:
    """What a package holds.

    Attributes:
        specification: Version of the format.
        inputs: What an app gives to it.
        outputs: What it gives back.
        predicted: Name of a classifier's output, empty otherwise.
        probabilities: Name of a classifier's probabilities, empty otherwise.
        about: Author, licence, version and description, where stated.
        metadata: What ``lowformer-export`` put into it, or None.
        program: The computation.
    """

    specification: int
    inputs: tuple[Feature, ...]
    outputs: tuple[Feature, ...]
    predicted: str
    probabilities: str
    about: Mapping[str, str]
    metadata: dict[str, Any] | None
    program: Program

    @property
    def deployment_target(self) -> str:
        """The first system that runs it, such as ``iOS17``."""
        return SPECIFICATION_VERSIONS[self.specification]


def read_package(path: Path) -> MLPackage:
    """Reads a package.

    Raises:
        ArtifactError: It is no package, is damaged, or of a version or kind that is not known.
    """
    model = _model_path(path)
    try:
        message = Message(memoryview(read_bytes(model, LARGEST_MODEL)))
        version = message.integer(1)
        if version not in SPECIFICATION_VERSIONS:
            raise ArtifactError(
                f"{path}: is of Core ML's specification {version}; only"
                f" {', '.join(map(str, SPECIFICATION_VERSIONS))} are read"
            )
        if not message.has(_ML_PROGRAM):
            raise ArtifactError(f"{path}: is no ML Program; a Core ML model of an older kind?")
        return _package(message, version, _blobs(path, model.parent))
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
    except OpenSizeError as error:
        raise ArtifactError(f"{path}: {error}; convert it with fixed sizes") from error
    except (DamagedMessageError, ValueError, OverflowError, MemoryError) as error:
        raise ArtifactError(
            f"{path}: is damaged ({error}); copy the whole folder or export it again"
        ) from error


def _model_path(path: Path) -> Path:
    """The model within a package's folder."""
    if not path.exists():
        raise ArtifactError(f"{path}: there is no such package")
    manifest = path / _MANIFEST
    if not path.is_dir() or not manifest.is_file():
        raise ArtifactError(f"{path}: is no Core ML package, a folder with a {_MANIFEST}")
    try:
        content = json.loads(read_text(manifest, LARGEST_TEXT))
        entry = content["itemInfoEntries"][content["rootModelIdentifier"]]["path"]
        model = path / _DATA / entry
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ArtifactError(f"{manifest}: is damaged; export the package again") from error
    if not is_inside(model, path):
        raise ArtifactError(f"{manifest}: leads out of the package; do not trust it")
    if not model.is_file():
        raise ArtifactError(f"{path}: has lost its model; copy the whole folder or export again")
    return model


def _blobs(package: Path, folder: Path) -> Blob:
    """Gives the package's weight files, each opened once."""
    opened: dict[str, memoryview] = {}

    def blob(name: str) -> memoryview:
        if name not in opened:
            path = folder / name.removeprefix(_MODEL_PATH)
            if not name.startswith(_MODEL_PATH) or not is_inside(path, package):
                raise ArtifactError(f"{package}: its weights lie outside it; do not trust it")
            opened[name] = _mapped(package, path)
        return opened[name]

    return blob


def _mapped(package: Path, path: Path) -> memoryview:
    """A file's content, which is read when it is used."""
    try:
        with open_regular(path) as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"{package}: its weights cannot be read; copy the whole folder or export again"
        ) from error


def _package(message: Message, version: int, blob: Blob) -> MLPackage:
    description = message.message(2)
    about = description.message(100)
    defined = {entry.text(1): entry.text(2) for entry in about.messages(100)}
    texts = {
        "description": about.text(1),
        "version": about.text(2),
        "author": about.text(3),
        "license": about.text(4),
    }
    return MLPackage(
        specification=version,
        inputs=tuple(_feature(item) for item in description.messages(1)),
        outputs=tuple(_feature(item) for item in description.messages(10)),
        predicted=description.text(11),
        probabilities=description.text(12),
        about={name: text for name, text in texts.items() if text},
        metadata=parse_metadata(defined.get(METADATA_NAME, "null")),
        program=read_program(message.message(_ML_PROGRAM), blob),
    )


def _feature(message: Message) -> Feature:
    kind = message.message(3)
    name, text = message.text(1), message.text(2)
    if kind.has(4):
        image = kind.message(4)
        colours = _COLOURS.get(image.integer(3), f"colour space {image.integer(3)}")
        shape = (1, 1 if colours == "grey" else 3, image.integer(2), image.integer(1))
        return Feature(name, "image", shape, "uint8", text, colours)
    if kind.has(5):
        array = kind.message(5)
        dtype = _ARRAY_TYPES.get(array.integer(2), str(array.integer(2)))
        return Feature(name, "array", array.integers(1), dtype, text)
    if kind.has(3):
        return Feature(name, "string", (), "string", text)
    return Feature(name, "dictionary", (), "float", text)


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of a package.

    Raises:
        ArtifactError: It cannot be read.
    """
    return tensors_of(read_package(path))


def tensors_of(package: MLPackage) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The same of a package; what is no array has as its type what it is, such as ``string``."""
    return with_layouts(
        [_tensor(feature) for feature in package.inputs],
        [_tensor(feature) for feature in package.outputs],
        "NCHW",
        package.metadata,
    )


def _tensor(feature: Feature) -> Tensor:
    is_array = feature.kind in ("array", "image")
    return Tensor(
        name=feature.name,
        shape=feature.shape,
        dtype=feature.dtype if is_array else feature.kind,
        layout="",
    )


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The JSON that ``lowformer-export`` put into a package, or None where there is none.

    Raises:
        ArtifactError: It cannot be read.
    """
    return read_package(path).metadata
