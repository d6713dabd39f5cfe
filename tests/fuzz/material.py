"""What inputs are made from: real bundles of every task, and what else commands read."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

from lowformer_edge.artifact.files import digest_of
from lowformer_edge.models.config import LowFormerConfig

from ..small_models import ATTENTIVE

SMALLEST = ATTENTIVE.replace(name="slight")
"""One of every kind of block but the stem's."""

TASKS = ("classification", "detection", "segmentation")

FORMATS = ("tflite", "executorch", "onnx", "coreml")


def model_for(task: str) -> LowFormerConfig:
    """The smallest model's config, with a task's head."""
    return SMALLEST if task == "classification" else SMALLEST.for_task(task, channels=8)


def make_bundles(folder: Path) -> None:
    """Exports small models of all tasks in all formats; minutes, and once."""
    from lowformer_edge.cli import export

    for task in TASKS:
        path = folder / f"{task}.json"
        path.write_text(json.dumps(model_for(task).replace(input_size=64).to_dict()))
        precisions = ["--fp32", "--int8", "--fp16"] if task == "classification" else ["--fp32"]
        arguments = ["--config", str(path), "--random-weights", "--to", ",".join(FORMATS)]
        code = export.main(
            [*arguments, *precisions, "--output", str(folder / task), "--keep-failed", "--quiet"]
        )
        assert code in (0, 1), f"the export for {task} ended with {code}"


NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle to change.

    Attributes:
        folder: Its files.
        manifest: What it states, with the marks of :func:`mark_of` in place of digests, so that
            the same changes fit another export too.
    """

    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Bundle:
        """A bundle's; its weights are nobody's, so that no command runs the eager model too."""
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["source"]["sha256"] = None
        for record in _records(manifest):
            record["sha256"] = mark_of(record["path"])
        return cls(folder, manifest)

    def files(self, suffix: str) -> list[str]:
        """The names of its files in a format."""
        paths = [item["file"]["path"] for item in self.manifest["artifacts"]]
        return [path for path in paths if path.endswith(suffix)]

    def alone(self, name: str) -> dict[str, Any]:
        """What it states, without its other files."""
        kept = [item for item in self.manifest["artifacts"] if item["file"]["path"] == name]
        return {**self.manifest, "artifacts": kept}

    def place_alone(
        self, folder: Path, name: str, changed: Mapping[str, bytes] = NOTHING, **stated: Any
    ) -> Path:
        """Writes it anew with one of its exported files.

        Args:
            folder: Where to.
            name: The exported file.
            changed: Contents by path, of files that are others.
            stated: What the manifest states besides.
        """
        manifest = json.dumps({**self.alone(name), **stated}).encode()
        return self.place(folder, manifest, changed, [name])

    def place(
        self, folder: Path, manifest: bytes, changed: Mapping[str, bytes], names: list[str]
    ) -> Path:
        """Writes it anew, with the digests of what it then holds.

        Args:
            folder: Where to.
            manifest: The JSON, with marks.
            changed: Contents by path, of files that are others.
            names: The exported files that go along.
        """
        folder.mkdir()
        other = [record["path"] for record in _records(self.manifest, others=True)]
        for name in (*names, *other):
            source, target = self.folder / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
        for name, content in changed.items():
            (folder / name).write_bytes(content)
        for path in folder.iterdir():
            manifest = manifest.replace(mark_of(path.name).encode(), digest_of(path).encode())
        (folder / "manifest.json").write_bytes(manifest)
        return folder


def mark_of(name: str) -> str:
    """What stands for the digest of a file."""
    return f"@sha256 of {name}@"


def _records(manifest: dict[str, Any], *, others: bool = False) -> list[dict[str, Any]]:
    """The records of all files, or of those that are no exported ones."""
    exported = [item["file"] for item in manifest["artifacts"]]
    found = list(_records_within({**manifest, "artifacts": []}))
    return found if others else [*exported, *found]


def _records_within(tree: Any) -> Iterator[dict[str, Any]]:
    """What has a path and a digest, whatever it is called: files that belong to a bundle come."""
    if isinstance(tree, dict) and {"path", "sha256"} <= set(tree):
        yield tree
    elif isinstance(tree, dict | list):
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from _records_within(item)


@dataclasses.dataclass(frozen=True)
class Material:
    """All that inputs are made from.

    Attributes:
        bundles: By task, as many as there are.
        answers: What a worker left of each file that stands behind another machine; see
            :mod:`.answers`.
    """

    bundles: dict[str, Bundle]
    answers: Path

    @classmethod
    def of(cls, folder: Path) -> Material:
        """The bundles in a folder, by their tasks."""
        found = {task: folder / task for task in TASKS if (folder / task).is_dir()}
        bundles = {task: Bundle.of(path) for task, path in found.items()}
        return cls(bundles, folder / "answers")

    @property
    def classifier(self) -> Bundle:
        """The classifier's."""
        return self.bundles["classification"]

    @functools.cached_property
    def checkpoints(self) -> dict[str, bytes]:
        """A classifier's weights as people save them, by the end of the name."""
        # Torch takes seconds to be imported, and most kinds have no use for it.
        import torch
        from safetensors.torch import save

        from lowformer_edge.models.loading import load_model

        torch.manual_seed(0)
        network = load_model(config=SMALLEST, random_weights=True).network
        state = {name: value.contiguous() for name, value in network.state_dict().items()}
        config = json.dumps(SMALLEST.to_dict())
        contents = {".safetensors": save(state, {"lowformer_edge": json.dumps({"config": config})})}
        few = dict(list(state.items())[:12])
        options = {"lr": 0.1, "epochs": 3, "names": ["a", "b"]}
        for name, content in (
            (".pt", {"state_dict": few, "state_dict_ema": few, "args": options, "epoch": 3}),
            (".pth", few),
        ):
            out = io.BytesIO()
            torch.save(content, out, _use_new_zipfile_serialization=name == ".pt")
            contents[name] = out.getvalue()
        return contents


def picture() -> bytes:
    """A PNG of noise."""
    out = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    make_bundles(Path(sys.argv[1]))
