"""What every command prints with ``--json``, as fields and types.

The fields, their order and their types are recorded in ``tests/data/json``, a file for each mode of
a command; figures and names are not. A change that is meant is recorded by running these tests with
``LOWFORMER_EDGE_RECORD=1``, after which the difference is git's to show. The laboratories, adbutils
and what else a mode needs must be there then: what is skipped stays as it was.

Where timings are judged, the exit code may be 0 or 1: the machine may be busy.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.calibrate import main as calibrate
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.lab import main as lab
from lowformer_edge.cli.report import main as report
from lowformer_edge.cli.sweep import main as sweep
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.cli.web import main as web
from lowformer_edge.demo import CHECKPOINT
from lowformer_edge.lab.place import VARIABLE, new_lab
from lowformer_edge.models.checkpoint import save_checkpoint
from lowformer_edge.models.random_weights import random_model

from ..small_models import SLIGHT
from ..targets.adb.adb_server import AdbServer, serve_phone
from ..targets.web.stand_in import report_of
from .json_schema import Declared, differences, paths_of, schema_of

RECORDED = Path(__file__).parents[1] / "data" / "json"
STAND_IN = Path(__file__).parents[1] / "targets" / "web" / "stand_in.py"
IS_RECORDING = os.environ.get("LOWFORMER_EDGE_RECORD") == "1"

FEW = ("--calibration-images", "4", "--evaluation-images", "8", "--runs", "2")
TIMED = ("--runs", "20", "--processes", "2")
OK_OR_BUSY = (0, 1)

# What one run cannot tell. A ratio is "exact" where two runtimes agree to the last bit, as they
# may on another processor; a board is told on some machines only; and sensors tell nothing here.
MANIFEST = Declared(
    maps=(
        "artifacts[].ops",
        "artifacts[].parity.outputs",
        "artifacts[].residency.refused",
        "toolchain",
    ),
    also={
        "artifacts[].residency.refused.*": "integer",
        "artifacts[].parity.outputs.*.sqnr_db": "number | string",
        "calibration.skipped[]": "string",
    },
    left_out=("machine.board",),
)


def _endurance(place: str) -> dict[str, str]:
    return {
        f"{place}.doubts[]": "string",
        f"{place}.other_load": "null | number",
        f"{place}.moments[].reading.megahertz": "null | number",
        f"{place}.moments[].reading.celsius": "null | number",
    }


def _benchmark(place: str) -> dict[str, str]:
    return {
        f"{place}.doubts[]": "string",
        f"{place}.other_load": "null | number",
        f"{place}.files[].peak_mb": "null | number",
    }


DECLARED = {
    "export": dataclasses.replace(
        MANIFEST,
        maps=(
            *MANIFEST.maps,
            "failed_targets",
            "pruning.layers",
            "pruning.losses",
            "pruning.losses.*.parity.outputs",
        ),
        also={
            **MANIFEST.also,
            # Which mixes are on the front, and which of them are tried, is a matter of time.
            "search.front[].measured_drop_points": "null | number",
            "search.front[].measured_sqnr_db": "null | number",
        },
    ),
    "manifest": MANIFEST,
    "verify": Declared(
        maps=(
            "digests",
            "not_run",
            "targets",
            "placed[].residency.refused",
            "mac[].devices",
            "mac[].cost",
            "edges[].outputs",
            "links[].outputs",
            "mac[].parity.outputs",
            "browsers[].parity.outputs",
        ),
        also={
            "not_run.*": "string",
            "placed[].residency.refused.*": "integer",
            # Which op is to blame depends on this processor's rounding.
            "links[].culprit.module": "null | string",
            "links[].culprit.sqnr_db": "null | number",
            "links[].culprit.max_difference": "null | number",
            "edges[].outputs.*.sqnr_db": "number | string",
            "links[].outputs.*.sqnr_db": "number | string",
            "mac[].parity.outputs.*.sqnr_db": "number | string",
            "browsers[].parity.outputs.*.sqnr_db": "number | string",
            "outputs[].sqnr_db": "number | string",
            "min_sqnr_db": "null | number",
            "failures[]": "string",
        },
        left_out=("targets.*.board",),
    ),
    "bench": Declared(
        maps=(
            "left_out",
            "families[].models[].published.speeds",
            "families[].spearman_published",
            "instructions[].classes",
        ),
        also={
            "left_out.*": "string",
            **_benchmark("benchmarks[]"),
            **_benchmark("families[].benchmark"),
            **_endurance("endurance[]"),
        },
        left_out=("machine.board",),
    ),
    "calibrate": Declared(
        also={
            # Null where an op changes nothing, which is a matter of the last bit.
            "sensitivity.ops[].alone.sqnr_db": "null | number",
            "sensitivity.ops[].left_out.sqnr_db": "null | number",
        }
    ),
    "inspect": dataclasses.replace(
        MANIFEST,
        maps=(
            *MANIFEST.maps,
            "ops",
            "runtime_ops",
            "onnx.opsets",
            "sets[].dtypes",
            "sets[].groups",
        ),
        also={
            **MANIFEST.also,
            "task": "null | string",
            "why_no_task": "null | string",
            "onnx.oldest_runtime": "null | string",
            "sets[].variant": "null | string",
            "sets[].nearest": "null | string",
        },
    ),
    "lab": Declared(maps=("", "*.versions")),
    "report": Declared(also={"failures[]": "string"}),
    "sweep": Declared(
        maps=("cells[].parity.outputs", "done", "to_do"),
        also={
            "cells[].parity.outputs.*.sqnr_db": "number | string",
            "cells[].places[].reasons[]": "string",
            "cells[].places[].peak_mb": "null | number",
        },
        left_out=("cells[].places[].machine.board",),
    ),
    "web": Declared(maps=("files",)),
}

Hold = Callable[..., dict[str, Any]]


def assert_recorded(name: str, value: Any) -> None:
    """Compares a JSON's schema with the recorded one, or records it."""
    schema = schema_of(value, DECLARED[name.split("-")[0]])
    text = json.dumps(schema, indent=2) + "\n"
    path = RECORDED / f"{name}.json"
    if IS_RECORDING:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"{path} is missing; see this file's first lines"
    recorded = path.read_text(encoding="utf-8")
    if text != recorded:
        lines = differences(json.loads(recorded), schema)
        pytest.fail("\n".join([f"{name} is not as recorded:", *lines]), pytrace=False)


@pytest.fixture
def hold(capfd: pytest.CaptureFixture[str]) -> Hold:
    """Runs a command, and holds what it prints to what is recorded under a name."""

    def hold(
        name: str,
        command: Callable[[Sequence[str]], int],
        *arguments: str | Path,
        codes: Sequence[int] = (0,),
    ) -> dict[str, Any]:
        capfd.readouterr()
        # The only command that has nothing to be quiet about.
        quiet = [] if command is inspect else ["--quiet"]
        code = command([*map(str, arguments), "--json", *quiet])
        out, err = capfd.readouterr()
        assert code in codes, err
        printed: dict[str, Any] = json.loads(out, parse_constant=_no_json)
        assert_recorded(name, printed)
        return printed

    return hold


def _no_json(constant: str) -> None:
    """NaN and infinities are Python's; other readers refuse them."""
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdbServer]:
    """A stand-in for a phone with the app."""
    pytest.importorskip("adbutils", reason="adbutils is not installed")
    for server in serve_phone(tmp_path / "phone", monkeypatch):
        server.install()
        yield server


@pytest.fixture
def browser(phone: AdbServer) -> str:
    """A target that is a browser on a phone, which both are stand-ins."""
    phone.browser = f"{sys.executable} {STAND_IN}"
    return "web:adb"


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A target behind an ``ssh`` that runs its last argument here, as a login shell would there."""
    path = tmp_path / "bin" / "ssh"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    return f"ssh:elsewhere?python={sys.executable}"


def changed(bundle: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of a bundle with another manifest."""
    shutil.copytree(bundle, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    return folder


def reduced(bundle: Path, folder: Path, *names: str) -> Path:
    """A copy of a bundle with some of its files alone, which is quicker to run."""

    def change(manifest: dict[str, Any]) -> None:
        artifacts = manifest["artifacts"]
        manifest["artifacts"] = [item for item in artifacts if item["file"]["path"] in names]

    return changed(bundle, folder, change)


@pytest.mark.heavy
def test_files_of_random_weights(hold: Hold, here: Path, slight_model: tuple[str, ...]) -> None:
    arguments = ["--to", "tflite", *slight_model, *FEW, "--output", "out"]
    hold("export-tflite", export, *arguments, "--fp32", "--int8", "--io", "int8")
    hold("verify-random-weights", verify, "out")
    broken = ["--require", "partitions==2", "--keep-failed", "--force"]
    hold("export-failed-check", export, *arguments, *broken, codes=(1,))


@pytest.mark.heavy
def test_every_format_from_one_call(hold: Hold, here: Path, slight_model: tuple[str, ...]) -> None:
    hold("export-all", export, "--to", "all", *slight_model, *FEW)


@pytest.mark.heavy
def test_sweeps(hold: Hold, here: Path) -> None:
    grid = ("--models", "demo", "--to", "onnx", "--precisions", "fp32,int8", "--output", "out")
    few = ("--evaluation-images", "16")
    hold("sweep-preview", sweep, *grid, *few, "--dry-run")
    hold("sweep", sweep, *grid, *few, codes=OK_OR_BUSY)


@pytest.mark.heavy
def test_files_that_nothing_here_runs(
    hold: Hold, here: Path, slight_model: tuple[str, ...]
) -> None:
    arguments = ["--to", "executorch", "--backend", "vulkan", *slight_model, *FEW]
    hold("export-not-run", export, *arguments, "--output", "out")
    hold("verify-not-run", verify, "out")


def test_a_graph_for_npus(hold: Hold, here: Path, slight_model: tuple[str, ...]) -> None:
    hold("export-qnn", export, "--to", "qnn", *slight_model, *FEW, "--output", "out")
    hold("inspect-qnn", inspect, "out/slight-fp16-npu.onnx")


def test_a_target_that_fails_beside_one_that_does_not(
    hold: Hold, here: Path, slight_model: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    arguments = ["--to", "tflite,onnx", "--jobs", "1", *slight_model, *FEW]
    printed = hold("export-failed-target", export, *arguments, codes=(1,))
    assert list(printed["failed_targets"]) == ["onnx"]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "bound"),
    [("export-max-drop", ("--max-drop", "50")), ("export-min-sqnr", ("--min-sqnr", "38"))],
)
def test_searches(
    name: str, bound: tuple[str, str], hold: Hold, here: Path, slight_model: tuple[str, ...]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3), np.uint8)
    np.savez("noise.npz", images=pixels)
    arguments = ["--to", "tflite", "--int8", *slight_model, *FEW]
    hold(name, export, *arguments, "--evaluation-data", "noise.npz", *bound)


@pytest.mark.heavy
def test_pruning(hold: Hold, here: Path) -> None:
    network = random_model(SLIGHT)
    save_checkpoint(Path("slight.safetensors"), network, Preprocessing(size=64), ())
    pixels = np.random.default_rng(0).integers(0, 256, (12, 64, 64, 3), np.uint8)
    np.savez("noise.npz", images=pixels)
    np.savez("others.npz", images=pixels[::-1, ::-1])
    data = ["--calibration-data", "noise.npz", "--evaluation-data", "others.npz"]
    pruning = ["--int8", "--prune", "--max-drop", "50", "--save-pruned", "pruned.safetensors"]
    # Of noise so much may be lost that the file does not keep what INT8 promises.
    weights = ["--weights", "slight.safetensors", "--keep-failed"]
    arguments = ["--to", "onnx", *weights, *data, *pruning, *FEW]
    printed = hold("export-prune", export, *arguments, codes=(0, 1))
    assert printed["pruning"]["macs"] < printed["pruning"]["macs_before"]
    again = ["--weights", "pruned.safetensors", *data, *FEW, "--fp32", "--output", "again"]
    assert export(["--to", "onnx", *again, "--quiet"]) == 0
    assert read_manifest(Path("again")).model == printed["model"]


def test_the_manifest(hold: Hold, all_formats_bundle: Path) -> None:
    assert_recorded("manifest", json.loads((all_formats_bundle / "manifest.json").read_text()))
    hold("inspect-bundle", inspect, all_formats_bundle)


@pytest.mark.heavy
def test_all_formats_are_verified(hold: Hold, all_formats_bundle: Path, tmp_path: Path) -> None:
    few = ["--evaluation-images", "8"]
    hold("verify", verify, all_formats_bundle, *few)

    def without_weights(manifest: dict[str, Any]) -> None:
        manifest["source"]["sha256"] = "0" * 64

    hold("verify-golden", verify, changed(all_formats_bundle, tmp_path / "copy", without_weights))


@pytest.mark.heavy
def test_files_that_compute_something_else(
    hold: Hold, all_formats_bundle: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"

    def mixed(manifest: dict[str, Any]) -> None:
        by_path = {item["file"]["path"]: item for item in manifest["artifacts"]}
        manifest["artifacts"] = []
        for suffix in ("tflite", "pte", "onnx"):
            fp32, int8 = (by_path[f"demo-{name}.{suffix}"] for name in ("fp32", "int8"))
            shutil.copy(folder / int8["file"]["path"], folder / fp32["file"]["path"])
            fp32["file"] = {**int8["file"], "path": fp32["file"]["path"]}
            manifest["artifacts"].append(fp32)

    changed(all_formats_bundle, folder, mixed)
    few = ["--evaluation-images", "5", "--require", "partitions>=2"]
    printed = hold("verify-failed", verify, folder, *few, codes=(1,))
    assert any(link["culprit"] for link in printed["links"])
    assert len(printed["failures"]) == 6


FEW_THERE = ("--evaluation-images", "8", "--target-images", "2")


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_verifying_on_an_emulated_processor(
    hold: Hold, all_formats_bundle: Path, tmp_path: Path
) -> None:
    names = ("demo-int8.tflite", "demo-int8.mlpackage")
    bundle = reduced(all_formats_bundle, tmp_path / "bundle", *names)
    printed = hold("verify-arm", verify, bundle, *FEW_THERE, "--on", "arm:cortex-a76")
    assert [item["not_run"] is None for item in printed["placed"]] == [True, True, True, False]


@pytest.mark.usefixtures("gpu_lab")
def test_verifying_on_a_gpu(hold: Hold, demo_bundle: Path, tmp_path: Path) -> None:
    names = ("demo-fp32.tflite", "demo-int8-weights.tflite")
    bundle = reduced(demo_bundle, tmp_path / "bundle", *names)
    # It refuses the second.
    hold("verify-gpu", verify, bundle, *FEW_THERE, "--on", "gpu", codes=(1,))


def test_comparing_two_files(hold: Hold, foreign_files: Path) -> None:
    printed = hold(
        "verify-files", verify, foreign_files / "faces.onnx", foreign_files / "faces.tflite"
    )
    assert [item["shape"] for item in printed["outputs"]] == [[1, 896, 16], [1, 896, 1]]


@pytest.mark.usefixtures("phone")
def test_verifying_on_a_phone(hold: Hold, demo_bundle: Path) -> None:
    hold("verify-adb", verify, demo_bundle, *FEW_THERE, "--on", "adb")


def test_verifying_on_another_machine(hold: Hold, demo_bundle: Path, ssh: str) -> None:
    hold("verify-ssh", verify, demo_bundle, *FEW_THERE, "--on", ssh)


def test_what_a_mac_said(hold: Hold, coreml_bundles: Path, tmp_path: Path) -> None:
    bundle = coreml_bundles / "tensor"
    (item,) = json.loads((bundle / "manifest.json").read_text())["artifacts"]
    logits = GoldenVectors.load(bundle / "golden.npz").outputs["logits"] * (1 + 1e-4)
    ran = {
        "logits": logits.tolist(),
        "milliseconds": {"median": 1.5, "p10": 1.0, "p90": 2.0, "runs": 3},
        "devices": {"NeuralEngine": 1},
        "cost": {"NeuralEngine": 1.0},
        "ops": [["conv", "NeuralEngine"]],
    }
    units = {"ALL": ran, "CPU_AND_NE": {"failure": "no such unit"}}
    packages = {item["file"]["path"]: {"sha256": item["file"]["sha256"], "units": units}}
    said = {"version": 1, "machine": {"system": "macOS"}, "packages": packages}
    (tmp_path / "mac.json").write_text(json.dumps(said))
    arguments = [bundle, "--mac-report", tmp_path / "mac.json", "--evaluation-images", "8"]
    hold("verify-mac", verify, *arguments, codes=(1,))


@pytest.mark.heavy
def test_timings(hold: Hold, all_formats_bundle: Path) -> None:
    files = [all_formats_bundle / "demo-int8.tflite", "--against"]
    files += [all_formats_bundle / "demo-fp32.onnx"]
    hold("bench", bench, *files, *TIMED, "--threads", "1,2", codes=OK_OR_BUSY)


@pytest.mark.heavy
def test_times_of_ops(hold: Hold, all_formats_bundle: Path) -> None:
    files = [all_formats_bundle / f"demo-int8.{suffix}" for suffix in ("tflite", "onnx", "pte")]
    hold("bench-profile", bench, *files, "--profile", "--runs", "4")


def test_latency_over_minutes(hold: Hold, demo_bundle: Path) -> None:
    arguments = [demo_bundle / "demo-int8.tflite", "--minutes", "0.01"]
    hold("bench-minutes", bench, *arguments, codes=OK_OR_BUSY)


@pytest.mark.heavy
def test_a_family(hold: Hold, all_formats_bundle: Path, tmp_path: Path) -> None:
    # Variants whose files are there are not made: their published figures count here, some with
    # no accuracy or no speeds, and one with two numbers of multiply-accumulates.
    file = all_formats_bundle / "demo-int8.onnx"
    names = ("demo", "b0", "b2", "e3")
    for name in names:
        shutil.copy(file, tmp_path / f"{name}-random-fp32.onnx")
    arguments = ["--family", "--variants", ",".join(names), "--output", tmp_path]
    rivals = ["--rival", f"other={file}", "--rival", f"lite={file.with_suffix('.tflite')}"]
    hold("bench-family", bench, *arguments, *rivals, *TIMED, codes=OK_OR_BUSY)


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_instructions(hold: Hold, demo_bundle: Path) -> None:
    hold("bench-arm", bench, demo_bundle / "demo-int8.tflite", "--on", "arm:cortex-a76")


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_instructions_of_ops(hold: Hold, all_formats_bundle: Path) -> None:
    files = [all_formats_bundle / f"demo-int8.{suffix}" for suffix in ("tflite", "onnx")]
    places = "host,arm:cortex-a76"
    hold("bench-arm-profile", bench, *files, "--profile", "--runs", "4", "--on", places)


@pytest.mark.heavy
def test_timings_on_a_phone(hold: Hold, all_formats_bundle: Path, phone: AdbServer) -> None:
    arguments = [all_formats_bundle, *TIMED, "--on", "adb"]
    hold("bench-adb", bench, *arguments, codes=OK_OR_BUSY)
    (phone.root / "mode").write_text("gpu crash")
    file = all_formats_bundle / "demo-fp32.tflite"
    hold("bench-adb-crash", bench, file, *TIMED, "--on", "adb", codes=OK_OR_BUSY)


def test_latency_over_minutes_on_a_phone(hold: Hold, demo_bundle: Path, phone: AdbServer) -> None:
    (phone.root / "mode").write_text("hot")
    arguments = [demo_bundle / "demo-int8.tflite", "--minutes", "0.01", "--on", "adb"]
    hold("bench-adb-minutes", bench, *arguments)


def test_timings_on_another_machine(hold: Hold, demo_bundle: Path, ssh: str) -> None:
    arguments = [demo_bundle / "demo-int8.tflite", *TIMED, "--on", ssh]
    hold("bench-ssh", bench, *arguments, codes=OK_OR_BUSY)


@pytest.mark.usefixtures("web_lab")
def test_verifying_in_a_browser(hold: Hold, demo_bundle: Path, browser: str) -> None:
    hold("verify-web", verify, demo_bundle, *FEW_THERE, "--on", browser)


@pytest.mark.usefixtures("web_lab")
def test_timings_in_a_browser(hold: Hold, demo_bundle: Path, browser: str) -> None:
    files = [demo_bundle / f"demo-{precision}.tflite" for precision in ("fp32", "int8")]
    hold("bench-web", bench, *files, *TIMED, "--on", browser, codes=OK_OR_BUSY)


def test_what_a_page_saved(hold: Hold, demo_bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "web.json"
    path.write_text(json.dumps(report_of(demo_bundle, ["demo-fp32.tflite", "demo-int8.tflite"])))
    few = ["--evaluation-images", "8"]
    hold("verify-web-report", verify, demo_bundle, "--web-report", path, *few)
    hold("bench-web-report", bench, demo_bundle, "--web-report", path)


@pytest.mark.usefixtures("web_lab")
def test_a_site_is_written(hold: Hold, demo_bundle: Path, tmp_path: Path) -> None:
    hold("web", web, demo_bundle, "--output", tmp_path / "site")
    hold("web-served", web, demo_bundle, "--minutes", "0.001")


def test_calibrations(hold: Hold, here: Path, slight_model: tuple[str, ...]) -> None:
    arguments = [*slight_model, *FEW[:4]]
    hold("calibrate", calibrate, *arguments)
    hold("calibrate-sensitivity", calibrate, *arguments, "--sensitivity", "--force")


@pytest.mark.parametrize("suffix", ["tflite", "pte", "onnx", "mlpackage"])
def test_files_are_inspected(suffix: str, hold: Hold, all_formats_bundle: Path) -> None:
    hold(f"inspect-{suffix}", inspect, all_formats_bundle / f"demo-int8.{suffix}")


def test_2_3_checkpoints_are_inspected(hold: Hold, here: Path) -> None:
    state = dict(random_model(SLIGHT).state_dict())
    stated = {"args": {"mean": [0.5, 0.5, 0.5]}, "epoch": 3}
    torch.save({"state_dict": state, "ema": {0.9998: state}, **stated}, "last.pt")
    hold("inspect-checkpoint", inspect, "last.pt")
    hold("inspect-own-checkpoint", inspect, CHECKPOINT)


def test_1_3_what_a_network_sees_is_told(hold: Hold, here: Path) -> None:
    Image.new("RGB", (30, 20)).save("photo.png")
    hold("inspect-preprocess", inspect, "--preprocess", "photo.png", "--output", "seen.png")


def test_a_stranger_with_a_refused_op_is_inspected(hold: Hold, tmp_path: Path) -> None:
    path = tmp_path / "stranger.onnx"
    onnx.save(_refused_transposed_convolution(), path)
    printed = hold("inspect-refused", inspect, path)
    assert [op["kind"] for op in printed["refused"]] == ["ConvTranspose"]


def _refused_transposed_convolution() -> onnx.ModelProto:
    """INT8 around an op that ONNX Runtime has in float only."""
    scale = numpy_helper.from_array(np.array(0.1, np.float32), "scale")
    zero = numpy_helper.from_array(np.array(0, np.int8), "zero")
    weights = numpy_helper.from_array(np.ones((3, 4, 2, 2), np.int8), "weights")
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "scale", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["rounded", "scale", "zero"], ["input"]),
        helper.make_node("DequantizeLinear", ["weights", "scale", "zero"], ["filter"]),
        helper.make_node("ConvTranspose", ["input", "filter"], ["logits"], name="upsampling"),
    ]
    graph = helper.make_graph(
        nodes,
        "stranger",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 4, 9, 9])],
        [scale, zero, weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_laboratories(hold: Hold, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "labs"))
    for name in ("arm", "gpu"):
        with new_lab(name, {"package": "1"}):
            pass
    hold("lab", lab, "arm", "gpu")
    hold("lab-removed", lab, "arm", "gpu", "android", "--remove")


def test_reports(hold: Hold, demo_bundle: Path, here: Path) -> None:
    hold("report", report, demo_bundle, "--output", "page.html")


@pytest.mark.skipif(IS_RECORDING, reason="the records are being written")
@pytest.mark.parametrize("command", DECLARED)
def test_nothing_is_declared_that_is_nowhere_recorded(command: str) -> None:
    seen: set[str] = set()
    for path in RECORDED.glob("*.json"):
        if path.stem.split("-")[0] == command:
            seen |= set(paths_of(json.loads(path.read_text(encoding="utf-8"))))
    assert {*DECLARED[command].maps, *DECLARED[command].also} <= seen
