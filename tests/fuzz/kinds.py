"""The kinds of input that a fuzzer changes, and the commands that read each."""

from __future__ import annotations

import abc
import dataclasses
import io
import json
import random
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import cost_of

from .material import Material, model_for, picture
from .mutation import bomb, changed_bytes, changed_npy, changed_zip, json_text, yaml_text


@dataclasses.dataclass(frozen=True)
class Case:
    """An input.

    Attributes:
        kind: Of which kind.
        variant: Which command reads it, and what lies around it.
        payload: What was changed.
    """

    kind: str
    variant: str
    payload: bytes


class Kind(abc.ABC):
    """A kind of input.

    Attributes:
        name: What it is.
        entries: Functions as ``module:name``, one of which is called once an input got past what
            keeps it from the parser or runtime under test, such as its hash.
    """

    name: ClassVar[str]
    entries: ClassVar[tuple[str, ...]]

    def __init__(self, material: Material) -> None:
        self.material = material

    @property
    @abc.abstractmethod
    def variants(self) -> Sequence[str]:
        """What there is of it."""

    @abc.abstractmethod
    def draw(self, generator: random.Random, variant: str) -> bytes:
        """A changed content."""

    @abc.abstractmethod
    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        """Puts a content into an empty folder; the command that reads it, with its arguments."""

    def case(self, seed: int) -> Case:
        """The case of a seed."""
        generator = random.Random(f"{self.name} {seed}")
        variant = generator.choice(list(self.variants))
        return Case(self.name, variant, self.draw(generator, variant))


class Manifests(Kind):
    """A bundle's manifest, for each command that takes a bundle."""

    name = "manifest"
    entries = ("lowformer_edge.artifact.manifest:Manifest.model_validate_json",)

    @property
    def variants(self) -> Sequence[str]:
        commands = ("inspect", "inspect", "inspect --json", "report", "verify")
        return [f"{task} {command}" for task in self.material.bundles for command in commands]

    def draw(self, generator: random.Random, variant: str) -> bytes:
        bundle = self.material.bundles[variant.partition(" ")[0]]
        manifest = bundle.alone(bundle.files(".onnx")[0])
        return json_text(generator, manifest, ("schema_version",))

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        task, command, *options = variant.split(" ")
        bundle = self.material.bundles[task]
        place = bundle.place(folder / "bundle", payload, {}, bundle.files(".onnx")[:1])
        if command == "report":
            options = ["--output", str(folder / "report.html")]
        return [command, str(place), *options, *_quiet(command)]


class Goldens(Kind):
    """A bundle's golden vectors."""

    name = "golden"
    entries = ("lowformer_edge.artifact.golden:read_arrays",)

    @property
    def variants(self) -> Sequence[str]:
        return list(self.material.bundles)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        content = (self.material.bundles[variant].folder / "golden.npz").read_bytes()
        if generator.random() < 0.02:
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                header, {"descr": "|u1", "fortran_order": False, "shape": (3 << 30,)}
            )
            return bomb("pixels.npy", header.getvalue(), 3 << 30)
        return changed_zip(generator, content, lambda drawn, _, held: changed_npy(drawn, held))

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        bundle = self.material.bundles[variant]
        (name,) = bundle.files(".onnx")[:1]
        place = bundle.place_alone(folder / "bundle", name, {"golden.npz": payload})
        return ["verify", str(place), "--quiet"]


class MacReports(Kind):
    """What a Mac said of a bundle's packages."""

    name = "mac report"
    entries = ("lowformer_edge.artifact.mac_report:MacReport.model_validate_json",)
    variants = ("verify",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        bundle = self.material.classifier
        logits = np.load(bundle.folder / "golden.npz")["logits"].tolist()
        times = {"median": 1.0, "p10": 0.9, "p90": 1.1}
        unit = {"logits": logits, "milliseconds": times, "devices": {"cpu": 3}}
        unit |= {"cost": {"cpu": 1.0}, "ops": [["conv", "cpu"]], "failure": None}
        (name,) = bundle.files(".mlpackage")[:1]
        from lowformer_edge.artifact.files import digest_of

        package = {"sha256": digest_of(bundle.folder / name), "units": {"ALL": unit}}
        report = {"version": 1, "machine": {"model": "Mac"}, "packages": {name: package}}
        return json_text(generator, report)

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        bundle = self.material.classifier
        (name,) = bundle.files(".mlpackage")[:1]
        place = bundle.place_alone(folder / "bundle", name)
        (folder / "report.json").write_bytes(payload)
        return ["verify", str(place), "--quiet", "--mac-report", str(folder / "report.json")]


class Ranges(Kind):
    """Activation ranges, whose digest is what theirs should be."""

    name = "ranges"
    entries = ("lowformer_edge.calibration.ranges:_bounds",)
    variants = ("export",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        ranges = json.loads((self.material.classifier.folder / "ranges.json").read_text())
        return json_text(generator, ranges, ("version",))

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        path = folder / "ranges.json"
        path.write_bytes(_with_digest(payload))
        return [*export_of(folder), "--int8", "--ranges", str(path)]


def _with_digest(payload: bytes) -> bytes:
    """Ranges with the digest of what they hold, where that can be told."""
    import hashlib

    try:
        fields = json.loads(payload)
        names = ("model", "data", "preprocessing", "observer", "modules")
        parts = {name: fields[name] for name in names}
        fields["digest"] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        return json.dumps(fields).encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return payload


MOST_MACS = 5e9
"""Of a config's model, which is run; more takes its time without a fault."""


def _is_heavy(config: bytes) -> bool:
    """Whether a config is a sound one of a model that takes long to run."""
    try:
        return cost_of(LowFormerConfig.from_dict(json.loads(config))).macs > MOST_MACS
    except Exception:  # it is to be refused
        return False


class Configs(Kind):
    """Models' configs, ours in JSON and the authors' in YAML."""

    name = "config"
    entries = (
        "lowformer_edge.models.config:LowFormerConfig.from_dict",
        "lowformer_edge.models.authors_config:_model",
        "lowformer_edge.models.authors_config:evaluation_parameters",
    )
    variants = ("json", "json", "dense.json", "yaml", "yaml --preprocess")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        if variant.endswith("json"):
            config = model_for("detection" if variant == "dense.json" else "classification")
            while True:
                drawn = json_text(generator, config.to_dict())
                if not _is_heavy(drawn):
                    return drawn
        return yaml_text(generator, AUTHORS)

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        path = folder / ("config.json" if variant.endswith("json") else "b0.yaml")
        path.write_bytes(payload)
        if variant.endswith("--preprocess"):
            return _preprocess(folder, [str(path)])
        return [*export_of(folder), "--config", str(path), "--random-weights"]


AUTHORS: dict[str, Any] = {
    "net_config": {
        "name": "b0",
        "n_classes": 7,
        "bb_convattention": True,
        "bb_convin2": True,
        "fastit": True,
        "just_unfused": False,
    },
    "data_provider": {
        "rrc_config": {"test_crop_ratio": 0.9, "test_interpolate": "bicubic"},
        "mean_std": {"mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]},
    },
    "run_config": {"eval_image_size": [192, "192-256"]},
}
"""What the authors' trainer reads, in short."""


class Preprocessings(Kind):
    """Parameters of the preprocessing in a file."""

    name = "preprocessing"
    entries = ("lowformer_edge.models.stated_preprocessing:StatedPreprocessing.updated",)
    variants = ("json", "yaml")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        stated = {
            "size": [64, 96],
            "crop_ratio": 0.9,
            "interpolation": "bilinear",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.2, 0.2, 0.2],
            "resize_mode": "squash",
        }
        return json_text(generator, stated) if variant == "json" else yaml_text(generator, stated)

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        return _export_with(folder / f"preprocessing.{variant}", payload, "--preprocessing")


class Recipes(Kind):
    """Which ops of an INT8 file are of which precision."""

    name = "recipe"
    entries = ("lowformer_edge.calibration.recipe:Recipe.from_dict",)
    variants = ("export",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        rules = [{"precision": "int8"}, {"precision": "float", "op": "linear"}]
        rules.append({"precision": "float", "name": "head.*"})
        return json_text(generator, {"version": 1, "rules": rules}, ("version",))

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        return _export_with(folder / "recipe.json", payload, "--int8", "--recipe")


class Labels(Kind):
    """Lists of class names."""

    name = "labels"
    entries = ("lowformer_edge.models.loading:read_class_list",)
    variants = ("txt", "json", "classes.json")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        names = ["tench", "goldfish", "great white shark", "hen", "crane"]
        if variant == "json":
            return json_text(generator, {str(number): name for number, name in enumerate(names)})
        if variant == "classes.json":
            return json_text(generator, names)
        lines = "\n".join(f"{number} {name}" for number, name in enumerate(names))
        return changed_bytes(generator, lines.encode())

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        return _export_with(folder / f"labels.{variant}", payload, "--labels")


class Checkpoints(Kind):
    """Safetensors, and what torch saves in both of its formats."""

    name = "checkpoint"
    entries = (
        "lowformer_edge.models.checkpoint_file:_parsed_safetensors",
        "lowformer_edge.models.checkpoint_file:_unpickled",
        "lowformer_edge.models.shards:weight_map",
    )
    variants = (".safetensors", ".safetensors", ".pt", ".pt", ".pth", ".json")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        if variant == ".json":
            shards = {f"layer.{number}": "model-1.safetensors" for number in range(4)}
            return json_text(generator, {"metadata": {"total_size": 9}, "weight_map": shards})
        content = self.material.checkpoints[variant]
        if variant == ".pth":
            return changed_bytes(generator, content)
        if variant == ".pt":
            return changed_zip(generator, content, lambda one, _, held: _bytes(one, held))
        size = int.from_bytes(content[:8], "little")
        header, body = json.loads(content[8 : 8 + size]), content[8 + size :]
        if generator.random() < 0.3:
            return changed_bytes(generator, content, 4)
        if generator.random() < 0.5:
            stated = header["__metadata__"]
            name = generator.choice(sorted(stated))
            inner = json_text(generator, json.loads(stated[name]))
            stated[name] = inner.decode("utf-8", "replace")
            text = json.dumps(header).encode()
        else:
            text = json_text(generator, header)
        return struct.pack("<Q", len(text)) + text + body

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        path = folder / f"model{variant}"
        path.write_bytes(payload)
        return ["inspect", str(path)]


def _bytes(generator: random.Random, content: bytes) -> bytes:
    return changed_bytes(generator, content, 4)


class Models(Kind):
    """Exported files of a format, of every task: in bundles, and alone."""

    suffix: ClassVar[str]
    entries = (
        "lowformer_edge.targets.standing_worker:StandingWorker.do",
        "lowformer_edge.targets.worker_target:run_worker",
        "lowformer_edge.cli.inspect:_inspect_file",
        "lowformer_edge.workflows.compare:compare_files",
        "lowformer_edge.workflows.comparing:ask",
    )

    @property
    def variants(self) -> Sequence[str]:
        commands = ("verify", "verify", "verify", "inspect", "compare")
        return [
            f"{task} {name} {command}"
            for task, bundle in self.material.bundles.items()
            for name in bundle.files(self.suffix)
            for command in commands
        ]

    def draw(self, generator: random.Random, variant: str) -> bytes:
        task, name, _ = variant.split(" ")
        content = (self.material.bundles[task].folder / name).read_bytes()
        way = generator.random()
        if way < 0.04:
            return _enlarged(content)
        if way < 0.6:
            # One flipped bit seldom keeps a file from being opened.
            changed = bytearray(content)
            for _ in range(generator.choice((1, 1, 1, 2, 4))):
                changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
            return bytes(changed)
        return changed_bytes(generator, content)

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        task, name, command = variant.split(" ")
        bundle = self.material.bundles[task]
        if command == "verify":
            place = bundle.place_alone(folder / "bundle", name, self._parts(name, payload))
            return ["verify", str(place), "--quiet"]
        place = bundle.place(folder / "files", b"", self._parts(name, payload), [name])
        if command == "inspect":
            return ["inspect", str(place / name)]
        return ["verify", str(bundle.folder / name), str(place / name), "--quiet"]

    def _parts(self, name: str, payload: bytes) -> dict[str, bytes]:
        """Which file the content is."""
        return {name: payload}


def _enlarged(content: bytes) -> bytes:
    """A file of which every image of 64 x 64 pixels has 30,000 x 30,000."""
    for old in ((1, 64, 64, 3), (1, 3, 64, 64)):
        new = [30_000 if side == 64 else side for side in old]
        content = content.replace(struct.pack("<4i", *old), struct.pack("<4i", *new))
    return content


class TFLites(Models):
    name = "tflite"
    suffix = ".tflite"


class Ptes(Models):
    name = "executorch"
    suffix = ".pte"


class Onnxes(Models):
    name = "onnx"
    suffix = ".onnx"


_WITHIN = (
    "Data/com.apple.CoreML/model.mlmodel",
    "Data/com.apple.CoreML/weights/weight.bin",
    "Manifest.json",
)


class MLPackages(Models):
    """A payload is a zip archive of the one file of the package that is changed."""

    name = "coreml"
    suffix = ".mlpackage"

    def draw(self, generator: random.Random, variant: str) -> bytes:
        task, name, _ = variant.split(" ")
        part = generator.choices(_WITHIN, (6, 2, 1))[0]
        content = (self.material.bundles[task].folder / name / part).read_bytes()
        changed = (
            json_text(generator, json.loads(content))
            if part.endswith(".json")
            else changed_bytes(generator, content)
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(part, changed)
        return out.getvalue()

    def _parts(self, name: str, payload: bytes) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            return {f"{name}/{part}": archive.read(part) for part in archive.namelist()}


def _quiet(command: str) -> list[str]:
    return ["--quiet"] if command == "verify" else []


def export_of(folder: Path) -> list[str]:
    """An export, that goes as far as a converter; see :mod:`.child`."""
    few = ["--calibration-images", "4", "--evaluation-images", "4"]
    return ["export", "--to", "tflite", "--output", str(folder / "out"), "--quiet", *few]


def _export_with(path: Path, payload: bytes, *flags: str) -> list[str]:
    """An export of a small model that takes a file, after its flag, the last of some."""
    path.write_bytes(payload)
    return [*export_of(path.parent), *random_model(path.parent), *flags, str(path)]


def random_model(folder: Path, task: str = "classification", **stated: int) -> list[str]:
    """A small model's options."""
    path = folder / "model.json"
    path.write_text(json.dumps(model_for(task).replace(**stated).to_dict()))
    return ["--config", str(path), "--random-weights"]


def _preprocess(folder: Path, source: list[str]) -> list[str]:
    (folder / "picture.png").write_bytes(picture())
    out = ["--output", str(folder / "seen.png")]
    return ["inspect", *source, "--preprocess", str(folder / "picture.png"), *out]


def kinds_of(material: Material) -> dict[str, Kind]:
    """Every kind, by its name."""
    from .answers import Phones, SshHosts
    from .data_kinds import DATA_KINDS

    kinds: tuple[type[Kind], ...] = (
        Manifests, Goldens, MacReports, Ranges, Configs, Preprocessings, Recipes, Labels,
        Checkpoints, TFLites, Ptes, Onnxes, MLPackages, *DATA_KINDS, SshHosts, Phones,
    )  # fmt: skip
    return {kind.name: kind(material) for kind in kinds}
