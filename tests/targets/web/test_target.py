"""A bundle's files in a real browser, by the commands' own target."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.measure.first_run import FirstRun
from lowformer_edge.runtime.measure.timing import ProcessTiming
from lowformer_edge.runtime.work.job import Ran
from lowformer_edge.runtime.work.request import FirstRunRequest, TimeRequest
from lowformer_edge.targets.registry import open_target
from lowformer_edge.targets.target import TargetRun, Work
from lowformer_edge.targets.web import target as web_target
from lowformer_edge.targets.web.job import ShippedFiles, ship_files
from lowformer_edge.targets.web.local_browser import PROGRAMS
from lowformer_edge.workflows.verify import verify

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("web_lab"),
    pytest.mark.skipif(
        not any(map(shutil.which, PROGRAMS)), reason=f"needs one of {', '.join(PROGRAMS)}"
    ),
]

LEAST_DB = {"fp32": 80.0, "int8": 30.0, "int8-weights": 30.0}
"""What one file keeps from the host to a browser."""

GPU = "web:chromium?accelerator=webgpu&gpu=software"


def run_in(target: str, bundle: Path, names: Sequence[str], images: int, **more: int) -> TargetRun:
    opened = open_bundle(bundle)
    pixels = opened.golden().pixels[:images]
    work = Work([bundle / name for name in names], pixels, opened.preprocessing, **more)
    return open_target(target).run(work, SilentProgress())


def decibels_to_host(bundle: Path, name: str, ran: Ran) -> float:
    assert ran.answer.failure is None, ran.answer.failure
    assert ran.outputs is not None
    logits = ran.outputs["logits"]
    (here,) = run_in("host", bundle, [name], len(logits)).ran
    assert here.outputs is not None
    noise = float(np.sum((here.outputs["logits"] - logits) ** 2))
    return np.inf if noise == 0 else 10 * np.log10(np.sum(logits**2) / noise)


@pytest.mark.parametrize("threads", [1, 2])
def test_tflite_files_compute_by_wasm_what_they_do_here(demo_bundle: Path, threads: int) -> None:
    names = [f"demo-{precision}.tflite" for precision in LEAST_DB]
    run = run_in("web:chromium", demo_bundle, names, 2, threads=threads)
    assert "Chromium" in run.machine["processor"]
    assert run.machine["isolated"] == "yes"
    for name, ran in zip(names, run.ran, strict=True):
        precision = name.removeprefix("demo-").removesuffix(".tflite")
        assert decibels_to_host(demo_bundle, name, ran) > LEAST_DB[precision]
        assert ran.answer.runtime is not None
        assert f"{threads} thread" in ran.answer.runtime
        assert ran.answer.device is None


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_onnx_files_compute_by_wasm_what_they_do_here(
    all_formats_bundle: Path, precision: str
) -> None:
    name = f"demo-{precision}.onnx"
    (ran,) = run_in("web:chromium", all_formats_bundle, [name], 2).ran
    assert decibels_to_host(all_formats_bundle, name, ran) > LEAST_DB[precision]
    assert str(ran.answer.runtime).startswith("ONNX Runtime Web 1.")


def test_files_compute_by_webgpu_what_they_do_here(demo_bundle: Path) -> None:
    """And one that LiteRT's WebGPU refuses says why, as its own log has it."""
    names = ["demo-fp32.tflite", "demo-int8.tflite", "demo-int8-weights.tflite"]
    *ran, refused = run_in(GPU, demo_bundle, names, 1).ran
    for name, one in zip(names, ran, strict=False):
        precision = name.removeprefix("demo-").removesuffix(".tflite")
        assert decibels_to_host(demo_bundle, name, one) > LEAST_DB[precision]
        assert one.answer.is_software
        assert "swiftshader" in str(one.answer.device)
        assert one.answer.half is None
    assert "Shape mismatch" in str(refused.answer.failure)
    assert refused.outputs is None


def test_a_file_that_is_not_taken_whole_fails(demo_bundle: Path) -> None:
    (ran,) = run_in("web:chromium", demo_bundle, ["demo-fp16.tflite"], 1).ran
    assert "LiteRT issue 9663; export --int8" in str(ran.answer.failure)
    assert ran.outputs is None


def test_a_file_with_integers_at_its_ends_fails(integer_files: Path) -> None:
    path = integer_files / "int8.tflite"
    _, side, _, _ = format_of(path).tensors(path)[0][0].shape
    assert side is not None
    work = Work([path], np.zeros((1, side, side, 3), np.uint8), Preprocessing(size=side))
    (ran,) = open_target("web:chromium").run(work, SilentProgress()).ran
    assert 'its "image" is int8, which browsers do not take' in str(ran.answer.failure)


def test_a_gpu_without_half_precision_fails_by_it(demo_bundle: Path) -> None:
    target = GPU.replace("webgpu", "webgpu-fp16")
    (ran,) = run_in(target, demo_bundle, ["demo-fp32.tflite"], 1).ran
    assert "no half precision" in str(ran.answer.failure)


def test_verification_has_the_browser_beside_the_host(demo_bundle: Path) -> None:
    found = verify(demo_bundle, on="web:chromium", target_images=2)
    (machine,) = (value for name, value in found.check.machines.items() if name != "host")
    assert machine["processor"].startswith("in Chromium")
    (failure,) = found.failures
    assert failure.startswith("demo-fp16.tflite on web:chromium: XNNPACK")
    judged = {link.second for link in found.check.links if link.first != "eager"}
    assert "demo-int8.tflite on web:chromium" in judged


def test_times_are_taken_in_turns_and_checked_before(demo_bundle: Path) -> None:
    files = [demo_bundle / "demo-int8.tflite", demo_bundle / "demo-fp32.tflite"]
    requests = [
        *(FirstRunRequest(files=(path,), threads=1) for path in files),
        TimeRequest(files=tuple(files), threads=1, rounds=4, first=1),
    ]
    measured = open_target("web:chromium").measure(requests, "timing", SilentProgress())
    first_runs = measured.of(FirstRun)
    assert [one.batch for one in first_runs] == [1, 1]
    assert all(one.load_ms > 0 and one.first_ms > 0 and one.peak_mb is None for one in first_runs)
    (timing,) = measured.of(ProcessTiming)
    assert [len(times) for times in timing.milliseconds] == [4, 4]
    assert measured.browser is not None
    assert {check.file for check in measured.browser.checks} == {path.name for path in files}
    assert all(check.failure is None for check in measured.browser.checks)
    assert "native" in measured.browser.caveat


def test_a_file_that_changed_on_its_way_fails(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(paths: Sequence[Path]) -> ShippedFiles:
        shipped = ship_files(paths)
        content = bytearray(paths[0].read_bytes())
        content[1000] ^= 1
        return ShippedFiles(shipped.files, {shipped.files[0].path: bytes(content)})

    monkeypatch.setattr(web_target, "ship_files", changed)
    (ran,) = run_in("web:chromium", demo_bundle, ["demo-int8.tflite"], 1).ran
    assert "is not the file that the site was made for" in str(ran.answer.failure)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("demo-int8.tflite", "LiteRT.js refuses it"),
        ("demo-int8.onnx", "ONNX Runtime Web refuses it"),
    ],
)
def test_a_file_that_is_no_model_fails(
    all_formats_bundle: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    def spoiled(paths: Sequence[Path]) -> ShippedFiles:
        shipped = ship_files(paths)
        content = b"no model" * 1000
        told = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        file = shipped.files[0].model_copy(update=told)
        return ShippedFiles((file,), {file.path: content})

    monkeypatch.setattr(web_target, "ship_files", spoiled)
    (ran,) = run_in("web:chromium", all_formats_bundle, [name], 1).ran
    assert said in str(ran.answer.failure)
    assert "\n" not in str(ran.answer.failure)
