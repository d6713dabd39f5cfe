"""What verifying says of the op to blame, for files of every format."""

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

from lowformer_edge import demo, load_model, open_bundle, open_images, verify
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.samples import Samples
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


def few(bundle: Path) -> Samples:
    return open_images(demo.EVALUATION, open_bundle(bundle), count=16)


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
        weights = rewrite(demo_model.network, item["format"]).state_dict()
        damage_file(folder / name, weights[f"{WRONG}.weight"].numpy(), None)
        item["file"]["sha256"] = digest_of(folder / name)
        manifest["artifacts"] = [item]
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


@pytest.mark.heavy
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
def test_the_guilty_op_is_named(name: str, kind: str, damaged: Damaged) -> None:
    folder = damaged(name)
    verification = verify(folder, images=few(folder))
    (failure,) = verification.failures
    assert failure.startswith(f"{name} on host: ")
    assert f"; first guilty op {kind} '" in failure
    assert f" from {WRONG}: " in failure
    assert failure.endswith(" dB from equal inputs")
    (link,) = (link for link in verification.check.links if link.failure)
    assert (link.first, link.second) == ("eager", f"{name} on host")
    assert link.culprit
    assert link.culprit.kind == kind
    assert link.culprit.module == WRONG
    assert link.culprit.sqnr_db is not None
    assert link.culprit.sqnr_db < 3
    assert link.culprit.max_difference is not None
    assert link.culprit.max_difference > 1
    assert link.cause
    assert link.cause in failure


@pytest.mark.heavy
def test_without_weights_it_says_that_they_are_needed(damaged: Damaged) -> None:
    folder = damaged("demo-fp32.onnx")
    manifest = json.loads((folder / "manifest.json").read_text())
    weights = manifest["source"]["sha256"]
    manifest["source"]["sha256"] = "0" * 64  # not the demo's, whose weights are bundled
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (failure,) = verify(folder).failures
    assert "is named where" in failure
    assert "weights" in failure
    manifest["source"]["sha256"] = weights
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for given in (demo.CHECKPOINT, load_model()):
        (failure,) = verify(folder, images=few(folder), weights=given).failures
        assert f"from {WRONG}" in failure


def test_without_torch_it_says_so(damaged: Damaged, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = damaged("demo-fp32.onnx")
    code = sys.modules["lowformer_edge.workflows.verify"].importlib.util
    monkeypatch.setattr(code, "find_spec", lambda name: None)
    (failure,) = verify(folder).failures
    assert "are given (and torch is there)" in failure


def test_a_file_of_another_precision_is_caught_at_its_first_rounded_op(
    all_formats_bundle: Path, tmp_path: Path
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
    (failure,) = verify(folder, images=few(folder)).failures
    assert "first guilty op QuantizeLinear 'image_rounded" in failure


def test_an_op_that_another_target_computes_wrongly_is_named(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Faulty(HostTarget):
        """Computes as this machine does, but for one kernel."""

        name = "faulty"

        def run(self, work: Work, progress: Progress) -> TargetRun:
            found = super().run(work, progress)
            logits = (np.flip((one.outputs or {})["logits"], 1) for one in found.ran)
            wrong = (
                Ran(one.answer, {"logits": there})
                for one, there in zip(found.ran, logits, strict=True)
            )
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
    verification = verify(demo_bundle, images=few(demo_bundle), on="faulty")
    (line,) = (line for line in verification.failures if "to demo-fp32.tflite on host" in line)
    assert line.startswith("demo-fp32.tflite on faulty: ")
    assert "; first guilty op SOFTMAX '" in line
    links = {(link.first, link.second): link for link in verification.check.links}
    link = links["demo-fp32.tflite on host", "demo-fp32.tflite on faulty"]
    assert link.culprit
    assert link.culprit.kind == "SOFTMAX"
