"""What ``lowformer-verify`` says of the op to blame, for files of every format."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge import demo
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.cli.verify import main
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.progress import Progress
from lowformer_edge.runtime.tflite.tracer import TFLiteTracer
from lowformer_edge.runtime.trace import ExposedTracer
from lowformer_edge.runtime.work.job import Ran
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import TargetRun, Work

WRONG = "backbone.stages.3.op_list.2.total.1.main.inverted_conv.conv"
Damaged = Callable[[str], Path]


@pytest.fixture
def damaged(
    all_formats_bundle: Path,
    demo_model: LoadedModel,
    damage_file: Callable[[Path, NDArray[Any], float | None], None],
    tmp_path: Path,
) -> Damaged:
    """Makes a bundle of one file with wrong weights, and a manifest that has its hash."""

    def make(name: str) -> Path:
        folder = tmp_path / "bundle"
        shutil.copytree(all_formats_bundle, folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        (item,) = (item for item in manifest["artifacts"] if item["file"]["path"] == name)
        # Weights of 1x1 convolutions are the same in all targets.
        weights = rewrite(demo_model.network, item["target"]).state_dict()
        damage_file(folder / name, weights[f"{WRONG}.weight"].numpy(), None)
        item["file"]["sha256"] = digest_of(folder / name)
        manifest["artifacts"] = [item]
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("demo-fp32.tflite", "CONV_2D"),
        ("demo-int8.tflite", "CONV_2D"),
        ("demo-fp32.onnx", "Conv"),
        ("demo-int8.onnx", "Conv"),
        ("demo-fp32.pte", "Conv2d"),
        ("demo-int8.pte", "Conv2d"),
        ("demo-fp32.mlpackage", "conv"),
        ("demo-int8.mlpackage", "conv"),
    ],
)
def test_the_guilty_op_is_named(
    name: str, kind: str, damaged: Damaged, capfd: pytest.CaptureFixture[str]
) -> None:
    few = ["--evaluation-images", "20", "--json", "--quiet"]
    assert main([str(damaged(name)), *few]) == 1
    out, err = capfd.readouterr()
    assert err.startswith(f"failed: {name} on host: ")
    assert f"; first guilty op {kind} '" in err
    assert f" from {WRONG}: " in err
    assert err.endswith(" dB from equal inputs\n")
    assert len(err.splitlines()) == 1
    (link,) = (link for link in json.loads(out)["links"] if link["failure"])
    assert (link["first"], link["second"]) == ("eager", f"{name} on host")
    assert link["culprit"]["kind"] == kind
    assert link["culprit"]["module"] == WRONG
    assert link["culprit"]["sqnr_db"] < 3
    assert link["culprit"]["max_difference"] > 1
    assert link["cause"] in err


def test_without_weights_it_says_that_they_are_needed(
    damaged: Damaged, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = damaged("demo-fp32.onnx")
    manifest = json.loads((folder / "manifest.json").read_text())
    weights = manifest["source"]["sha256"]
    manifest["source"]["sha256"] = "0" * 64  # not the demo's, whose weights are bundled
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert main([str(folder), "--quiet"]) == 1
    assert "named where --weights are given" in capfd.readouterr().err
    manifest["source"]["sha256"] = weights
    (folder / "manifest.json").write_text(json.dumps(manifest))
    images = ["--evaluation-data", str(demo.EVALUATION), "--evaluation-images", "5"]
    arguments = [str(folder), *images, "--weights", str(demo.CHECKPOINT), "--quiet"]
    assert main(arguments) == 1
    assert f"from {WRONG}" in capfd.readouterr().err


def test_without_torch_it_says_so(
    damaged: Damaged, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = damaged("demo-fp32.onnx")
    code = sys.modules["lowformer_edge.workflows.verify"].importlib.util
    monkeypatch.setattr(code, "find_spec", lambda name: None)
    assert main([str(folder), "--quiet"]) == 1
    assert "named where --weights are given (and torch is there)" in capfd.readouterr().err


def test_a_file_of_another_precision_is_caught_at_its_first_rounded_op(
    all_formats_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(all_formats_bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    by_path = {item["file"]["path"]: item for item in manifest["artifacts"]}
    by_path["demo-fp32.onnx"]["file"] |= {
        key: by_path["demo-int8.onnx"]["file"][key] for key in ("sha256", "bytes")
    }
    manifest["artifacts"] = [by_path["demo-fp32.onnx"]]
    shutil.copy(folder / "demo-int8.onnx", folder / "demo-fp32.onnx")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert main([str(folder), "--evaluation-images", "5", "--quiet"]) == 1
    assert "first guilty op QuantizeLinear 'image_rounded" in capfd.readouterr().err


def test_an_op_that_another_target_computes_wrongly_is_named(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Faulty(HostTarget):
        """Computes as this machine does, but for one kernel."""

        name = "faulty"

        def run(self, work: Work, progress: Progress) -> TargetRun:
            found = super().run(work, progress)
            logits = (np.flip(np.asarray(one.logits), 1) for one in found.ran)
            wrong = (Ran(one.answer, there) for one, there in zip(found.ran, logits, strict=True))
            return TargetRun(found.machine, tuple(wrong))

        def tracer(self, path: Path) -> ExposedTracer:
            return TFLiteTracer(path)

        def values(self, path: Path, images: NDArray[np.float32]) -> list[NDArray[Any]]:
            tracer = TFLiteTracer(path)
            trace = tracer.traced_whole(images)
            wrong = next(op for op in tracer.ops if op.kind == "SOFTMAX").outputs[0]
            return [trace.values[name] * (2 if name == wrong else 1) for name in tracer.shown]

    targets = sys.modules["lowformer_edge.targets.registry"]
    opened = {"host": HostTarget, "faulty": Faulty}
    monkeypatch.setattr(targets, "open_target", lambda name: opened[name]())
    few = ["--evaluation-images", "8", "--json", "--quiet", "--on", "faulty"]
    assert main([str(demo_bundle), *few]) == 1
    out, err = capfd.readouterr()
    (line,) = (line for line in err.splitlines() if "to demo-fp32.tflite on host" in line)
    assert line.startswith("failed: demo-fp32.tflite on faulty: ")
    assert "; first guilty op SOFTMAX '" in line
    links = {(link["first"], link["second"]): link for link in json.loads(out)["links"]}
    link = links["demo-fp32.tflite on host", "demo-fp32.tflite on faulty"]
    assert link["culprit"]["kind"] == "SOFTMAX"
