"""The kinds of input that are images, or what is known of them, and archives of either."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import random
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .kinds import Kind, export_of, random_model
from .material import mark_of, model_for, picture
from .mutation import (
    bomb,
    changed_bytes,
    changed_tar,
    changed_words,
    changed_zip,
    json_text,
    tar_of,
    zip_of,
)

IMAGES = ("0/a.png", "1/b.png", "1/c.jpg")
"""Paths of some images below their folders of classes."""

_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
_KIT = "devkit.tar.gz"

_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    ".tar.gz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}
"""By the end of an archive's name."""


class LabelTables(Kind):
    """The classes of images by their names: columns of text, Kaggle's, and ImageNet's kit."""

    name = "label table"
    entries = ("lowformer_edge.workflows.data:read_label_table",)
    variants = ("val.txt", "val.csv", "val.tsv", "LOC_val_solution.csv", _TRUTH, _KIT)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        if variant == _TRUTH:
            return changed_words(generator, b"490\n361\n171\n")
        if variant == _KIT:
            kit = {f"devkit/data/{_TRUTH}": b"490\n361\n171\n", "devkit/data/meta.mat": _meta()}
            return gzip.compress(changed_tar(generator, kit, _few))
        stems = [Path(path).name for path in IMAGES]
        if variant.startswith("LOC"):
            rows = [f"{Path(name).stem},{k} 1 2 3 4 {k} 5 6 7 8" for k, name in enumerate(stems)]
            return changed_words(generator, "\n".join(["ImageId,PredictionString", *rows]).encode())
        between = {"txt": " ", "csv": ",", "tsv": "\t"}[variant[-3:]]
        lines = [f"{name}{between}{number}" for number, name in enumerate(stems)]
        heading = [f"image{between}label"] if variant == "val.csv" else []
        return changed_words(generator, "\n".join([*heading, *lines]).encode())

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        images = folder / "images"
        images.mkdir()
        names = [Path(path).name for path in IMAGES]
        if variant in (_TRUTH, _KIT):
            names = [f"ILSVRC2012_val_{number:08}.png" for number in (1, 2, 3)]
        for name in names:
            (images / name).write_bytes(_image(name))
        (folder / variant).write_bytes(payload)
        model = random_model(folder, num_classes=1000)
        labels = ["--evaluation-labels", str(folder / variant)]
        return [*export_of(folder), *model, "--evaluation-data", str(images), *labels]


class BundleLabels(Kind):
    """A bundle's list of class names."""

    name = "bundle labels"
    entries = (
        "lowformer_edge.artifact.bundle:read_labels",
        "lowformer_edge.report.evidence:read_labels",
    )
    variants = ("report", "verify")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        count = self.material.classifier.manifest["model"]["num_classes"]
        return changed_words(generator, "".join(f"class {k}\n" for k in range(count)).encode())

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        bundle = self.material.classifier
        (name,) = bundle.files(".onnx")[:1]
        labels = {"path": "labels.txt", "sha256": mark_of("labels.txt"), "bytes": len(payload)}
        changed = {"labels.txt": payload}
        place = bundle.place_alone(folder / "bundle", name, changed, labels=labels)
        if variant == "report":
            return ["report", str(place), "--output", str(folder / "report.html")]
        images = _folders(folder / "images")
        return ["verify", str(place), "--quiet", "--evaluation-data", str(images)]


class Archives(Kind):
    """Images in zip and tar archives, of several compressions, and archives in these."""

    name = "archive"
    entries = (
        "lowformer_edge.calibration.data.archive:Archive.__init__",
        "lowformer_edge.calibration.data.archive:Archive.read",
    )

    @property
    def variants(self) -> Sequence[str]:
        suffixes = (".zip", ".zip", ".zip", ".tar", ".tar", ".tar", *_PACKERS, "nested.tar")
        return [f"{suffix} {command}" for suffix in suffixes for command in ("export", "verify")]

    def draw(self, generator: random.Random, variant: str) -> bytes:
        suffix = variant.partition(" ")[0]
        contents = {path: _image(path) for path in IMAGES}
        if suffix == ".zip":
            if generator.random() < 0.04:
                return bomb("0/a.png", contents["0/a.png"], 3 << 30)
            return changed_zip(generator, zip_of(contents), _changed_image)
        if suffix == "nested.tar":
            inner = changed_tar(generator, contents, _changed_image)
            if generator.random() < 0.5:
                return tar_of({"0.tar": inner, "1.tar": tar_of(contents)})
            return changed_tar(generator, {"0.tar": tar_of(contents), "1.tar": inner}, _few)
        content = changed_tar(generator, contents, _changed_image)
        if suffix in _PACKERS:
            content = _PACKERS[suffix](content)
            return changed_bytes(generator, content, 2) if generator.random() < 0.3 else content
        return content

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        suffix, command = variant.split(" ")
        path = folder / f"images{suffix}"
        path.write_bytes(payload)
        if command == "export":
            return [*_export(folder), "--int8", "--calibration-data", str(path)]
        bundle = self.material.classifier
        (name,) = bundle.files(".onnx")[:1]
        place = bundle.place_alone(folder / "bundle", name)
        return ["verify", str(place), "--quiet", "--evaluation-data", str(path)]


class CheckpointArchives(Kind):
    """What people pack checkpoints into, or call their names."""

    name = "checkpoint zip"
    entries = (
        "lowformer_edge.models.checkpoint_file:foreign_kind",
        "lowformer_edge.models.checkpoint_file:_unpickled",
    )
    variants = ("zip.pt", "zip.pth", "torch.tar", "old.tar", "ustar.tar", "gz.tar")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        held = self.material.checkpoints
        if variant == "torch.tar":
            return changed_zip(generator, held[".pt"], _few)
        contents = {f"model{suffix}": content for suffix, content in held.items()}
        if variant.startswith("zip"):
            return changed_zip(generator, zip_of(contents), _few)
        if variant == "old.tar":
            # As torch saved in 2016, when tar archives named no format.
            parts = {"storages": held[".pth"], "tensors": b"\x80\x02K\0.", "pickle": held[".pth"]}
            return changed_tar(generator, parts, _few).replace(b"ustar\x0000", bytes(8))
        content = changed_tar(generator, contents, _few)
        return gzip.compress(content) if variant == "gz.tar" else content

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        path = folder / f"model.{variant}"
        path.write_bytes(payload)
        return ["inspect", str(path)]


class CocoFiles(Kind):
    """COCO's annotations of objects."""

    name = "coco"
    entries = ("lowformer_edge.calibration.data.annotated_images:read_coco",)
    variants = ("export",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        sides = {"height": 40, "width": 60}
        box = {"image_id": 11, "area": 150.5, "iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]]}
        content = {
            "info": {"year": 2017},
            "images": [
                {"id": 11, "file_name": "a.png", **sides},
                {"id": 4, "file_name": "b.png", **sides},
            ],
            "categories": [
                {"id": number, "name": f"class {number}"}
                for number in range(model_for("detection").num_classes)
            ],
            "annotations": [
                {**box, "id": 1, "category_id": 3, "bbox": [1, 2, 10, 20]},
                {**box, "id": 2, "category_id": 1, "bbox": [0, 0, 60, 40], "iscrowd": 1},
                {**box, "id": 3, "category_id": 3, "bbox": [5.5, 6, 7, 8.25], "image_id": 4},
            ],
        }
        return json_text(generator, content)

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        images = folder / "images"
        images.mkdir()
        for name in ("a.png", "b.png"):
            (images / name).write_bytes(picture())
        (folder / "instances.json").write_bytes(payload)
        return [
            *_annotated(folder, "detection", images),
            "--evaluation-labels",
            str(folder / "instances.json"),
        ]


class VocFiles(Kind):
    """VOC's annotations of objects, an XML file for an image."""

    name = "voc"
    entries = ("lowformer_edge.calibration.data.voc:read_voc",)
    variants = ("export",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        found = (
            "<object><name>{}</name><difficult>0</difficult><bndbox><xmin>3</xmin><ymin>4</ymin>"
            "<xmax>30</xmax><ymax>20</ymax></bndbox></object>"
        )
        size = "<size><width>60</width><height>40</height><depth>3</depth></size>"
        objects = "".join(found.format(name) for name in ("person", "dog", "cow"))
        text = f"<annotation><filename>a.png</filename>{size}{objects}</annotation>"
        way = generator.random()
        if way < 0.08:
            inner = "&a9;" * 9
            entities = "".join(f'<!ENTITY a{k + 1} "{f"&a{k};" * 9}">' for k in range(9))
            head = f'<!DOCTYPE annotation [<!ENTITY a0 "x">{entities}]>'
            return (head + text.replace("<filename>", f"<filename>{inner}")).encode()
        if way < 0.14:
            outside = '<!DOCTYPE annotation [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            return (outside + text.replace(">dog</name>", ">&a;</name>")).encode()
        if way < 0.2:
            return text.replace("<object>", "<object>" * generator.choice((3, 100_000))).encode()
        return changed_words(generator, text.encode())

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        images = folder / "images"
        for place in (images / "JPEGImages", images / "Annotations"):
            place.mkdir(parents=True)
        (images / "JPEGImages" / "a.png").write_bytes(picture())
        (images / "Annotations" / "a.xml").write_bytes(payload)
        return _annotated(folder, "detection", images, num_classes=20)


class LabelMaps(Kind):
    """Maps of classes, a PNG for an image."""

    name = "label map"
    entries = ("lowformer_edge.calibration.data.label_maps:read_labels_of_pixels",)
    variants = ("L", "P", "I;16")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        labels = np.arange(40 * 60).reshape(40, 60) % 4
        image = Image.fromarray(labels.astype(np.uint16 if variant == "I;16" else np.uint8))
        if variant == "P":
            image.putpalette(list(range(256)) * 3)
        out = io.BytesIO()
        image.save(out, "PNG")
        return _changed_image(generator, "a.png", out.getvalue())

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        for name, content in (("images", picture()), ("maps", payload)):
            (folder / name).mkdir()
            (folder / name / "a.png").write_bytes(content)
        return [
            *_annotated(folder, "segmentation", folder / "images"),
            "--evaluation-labels",
            str(folder / "maps"),
        ]


def _export(folder: Path) -> list[str]:
    return [*export_of(folder), *random_model(folder)]


def _annotated(folder: Path, task: str, images: Path, **stated: int) -> list[str]:
    """An export of a model for a task, judged by annotated images."""
    model = random_model(folder, task, **stated)
    return [*export_of(folder), *model, "--evaluation-data", str(images)]


def _folders(place: Path) -> Path:
    """Images in folders of their classes."""
    for path in IMAGES:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(_image(path))
    return place


def _image(path: str) -> bytes:
    """An image's file, of the kind that its name says."""
    if path.endswith(".png"):
        return picture()
    out = io.BytesIO()
    Image.open(io.BytesIO(picture())).save(out, "JPEG")
    return out.getvalue()


def _changed_image(generator: random.Random, name: str, content: bytes) -> bytes:
    """An image that is damaged, or says that it is huge, or is none."""
    way = generator.random()
    if way < 0.1:
        return _huge_png(generator)
    if way < 0.2:
        return generator.choice((b"", b"GIF89a", b"text", content[:33], content * 2, bytes(999)))
    return changed_bytes(generator, content)


def _huge_png(generator: random.Random) -> bytes:
    """A PNG of a few bytes, whose header and sums are right."""
    width, height = generator.choice(
        ((13_000, 13_000), (2**31 - 1, 2**31 - 1), (10**8, 1), (1, 10**8), (0, 5), (9_000, 9_000))
    )
    header = struct.pack(">2I5B", width, height, 8, generator.choice((0, 2, 3, 6)), 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))
        for kind, held in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _few(generator: random.Random, name: str, content: bytes) -> bytes:
    return changed_bytes(generator, content, 4)


@functools.cache
def _meta() -> bytes:
    """The kit's list of classes, as MATLAB saves it."""
    try:
        from scipy.io import savemat
    except ImportError:
        return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + bytes(64)
    synsets = np.array(
        [(490, "n02110341"), (361, "n02127052"), (171, "n01440764")],
        [("ILSVRC2012_ID", object), ("WNID", object)],
    )
    out = io.BytesIO()
    savemat(out, {"synsets": synsets})
    return out.getvalue()


DATA_KINDS: tuple[type[Kind], ...] = (
    LabelTables,
    BundleLabels,
    Archives,
    CheckpointArchives,
    CocoFiles,
    VocFiles,
    LabelMaps,
)
