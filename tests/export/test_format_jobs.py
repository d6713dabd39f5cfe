"""Several formats at a time, each in a process of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from torch import nn

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.export.pipeline import Exported, export_artifacts
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, from_module, load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.process.apart import child
from lowformer_edge.progress import QUIET, Advance, Progress, SilentProgress

OWN = """
from torch import nn

class Kept(nn.Identity):
    pass
"""


@pytest.fixture(scope="module")
def random(slight_config: LowFormerConfig) -> LoadedModel:
    return load_model(config=slight_config, random_weights=True)


def exported(
    model: LoadedModel,
    specs: Sequence[ExportSpec],
    folder: Path,
    images: Samples,
    jobs: int,
    progress: Progress = QUIET,
) -> Exported:
    """What is exported of a model."""
    for place in (folder, folder / "files", folder / "scratch"):
        place.mkdir()
    return export_artifacts(
        model, specs, images, folder / "files", folder / "scratch", progress, jobs=jobs
    )


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def children() -> list[tuple[int, str]]:
    """This process's children that do calls: their numbers and folders."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_text().split("\0")
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
            if child.__name__ in words and int(parent) == os.getpid():
                found.append((int(place.name), words[-2]))
    return found


class Watcher(SilentProgress):
    """Keeps which steps begin, and who does them."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.seen: set[int] = set()

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.steps.append(description)
        self.seen |= {number for number, _ in children()}
        yield lambda count: None


class Killer(Watcher):
    """Kills ONNX's process once it writes a file; that of Core ML, which takes longer, is first."""

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        if description == "writing onnx int8":
            (number,) = (number for number, folder in children() if folder.endswith("call-1"))
            os.kill(number, signal.SIGKILL)
        yield lambda count: None


@dataclasses.dataclass(frozen=True)
class Twice:
    """The same formats, one after the other and at a time."""

    folder: Path
    one: Exported
    several: Exported
    watcher: Watcher


@pytest.fixture(scope="module")
def twice(
    random: LoadedModel, noise_images: Samples, tmp_path_factory: pytest.TempPathFactory
) -> Twice:
    """Also with images that run and k-means, and with a float32 file that was not asked for."""
    specs = [
        ExportSpec.of("onnx", "int8"),
        ExportSpec.of("tflite", "int8", bias_correction=True),
        ExportSpec.of("coreml", "palettized-4bit"),
    ]
    folder, watcher = tmp_path_factory.mktemp("twice"), Watcher()
    one = exported(random, specs, folder / "one", noise_images, 1)
    several = exported(random, specs, folder / "several", noise_images, 2, watcher)
    return Twice(folder, one, several, watcher)


@pytest.mark.heavy
def test_each_format_has_a_process_of_its_own(twice: Twice) -> None:
    assert len(twice.watcher.seen) == 3


@pytest.mark.heavy
def test_files_are_the_same_to_the_byte(twice: Twice) -> None:
    found = digests(twice.folder / "one")
    assert len(found) > 4
    assert digests(twice.folder / "several") == found


def test_files_are_in_the_order_of_the_specs(twice: Twice) -> None:
    assert [spec.format for spec in twice.several.artifacts] == ["onnx", "tflite", "coreml"]


def test_what_is_told_of_the_files_is_the_same(twice: Twice) -> None:
    one, several = twice.one, twice.several
    assert [path.name for path in one.float32.values()] == ["float32.tflite"]
    for mine, theirs in ((one.artifacts, several.artifacts), (one.float32, several.float32)):
        assert {key: path.name for key, path in mine.items()} == {
            key: path.name for key, path in theirs.items()
        }
    assert (one.ranges, one.compiled) == (several.ranges, several.compiled)


def test_steps_are_told_with_their_format(twice: Twice) -> None:
    told = {
        "writing onnx int8",
        "tflite: correcting biases",
        "writing coreml palettized-4bit",
    }
    assert told <= {*twice.watcher.steps}


@pytest.mark.heavy
def test_a_process_that_is_killed_is_a_line_and_the_other_format_is_written(
    random: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    specs = [ExportSpec.of("onnx", "int8"), ExportSpec.of("coreml")]
    found = exported(random, specs, tmp_path / "out", noise_images, 2, Killer())
    assert list(found.failures) == ["onnx"]
    assert found.failures["onnx"].startswith("the process that converted it was ended by SIGKILL;")
    assert [path.name for path in (tmp_path / "out" / "files").iterdir()] == [
        "slight-fp32.mlpackage"
    ]


class PrecisionKiller(Watcher):
    """Kills the process that begins to write the second of two precisions."""

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        with super().step(description, total) as advance:
            if description == "writing executorch int8-dynamic":
                (number,) = (number for number, folder in children() if folder.endswith("call-1"))
                os.kill(number, signal.SIGKILL)
            yield advance


@pytest.mark.heavy
def test_precisions_that_share_no_work_have_a_process_each(
    random: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    specs = [ExportSpec.of("executorch"), ExportSpec.of("executorch", "int8-dynamic")]
    watcher = PrecisionKiller()
    found = exported(random, specs, tmp_path / "out", noise_images, 2, watcher)
    assert len(watcher.seen) == 2
    assert [path.name for path in found.artifacts.values()] == ["slight-fp32.pte"]
    assert found.float32 == {"executorch": found.artifacts[specs[0]]}
    assert list(found.failed_files) == ["slight-int8-dynamic.pte"]
    assert "was ended by SIGKILL" in found.failed_files["slight-int8-dynamic.pte"]


@pytest.mark.heavy
def test_what_a_converter_raises_is_that_formats_failure(
    slight_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    network = random_model(slight_config)
    network.get_parameter("head.op_list.2.linear.weight").data *= 1e6
    model = from_module(network)
    specs = [ExportSpec.of("tflite", "fp16"), ExportSpec.of("onnx")]
    found = exported(model, specs, tmp_path / "out", noise_images, 2)
    assert list(found.artifacts) == [ExportSpec.of("onnx")]
    assert "head.op_list.2.linear has a weight of" in found.failures["tflite"]


def model_with(module: nn.Module, config: LowFormerConfig) -> LoadedModel:
    """A model with a module of somebody else's behind its head."""
    network = random_model(config)
    layers = network.get_submodule("head.op_list")
    assert isinstance(layers, nn.ModuleList)
    layers.append(module)
    return from_module(network)


@pytest.mark.heavy
def test_modules_of_a_users_own_travel(
    slight_config: LowFormerConfig,
    noise_images: Samples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = model_with(importlib.import_module("own").Kept(), slight_config)
    watcher = Watcher()
    specs = [ExportSpec.of("onnx"), ExportSpec.of("coreml")]
    found = exported(model, specs, tmp_path / "out", noise_images, 2, watcher)
    assert len(found.artifacts) == len(watcher.seen) == 2
    del sys.modules["own"]


def test_a_model_of_the_main_programs_classes_is_converted_here(
    slight_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    notebooks = type("Notebooks", (nn.Identity,), {"__module__": "__main__"})
    watcher = Watcher()
    specs = [ExportSpec.of("onnx"), ExportSpec.of("coreml")]
    model = model_with(notebooks(), slight_config)
    found = exported(model, specs, tmp_path / "out", noise_images, 2, watcher)
    assert len(found.artifacts) == 2
    assert not watcher.seen


def test_one_format_is_converted_here(
    random: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    watcher = Watcher()
    exported(random, [ExportSpec.of("onnx")], tmp_path / "out", noise_images, 2, watcher)
    assert not watcher.seen
