"""The NPU of a Snapdragon chip on Qualcomm's simulator; needs the extra npu."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from lowformer_edge.artifact.chips import chip_of
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.interface import METADATA_NAME
from lowformer_edge.artifact.manifest import Manifest, read_manifest
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.report import main as report
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.errors import ArtifactError, UsageError
from lowformer_edge.judging.culprit import find_difference
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.qnn.compiled import read_compiled
from lowformer_edge.runtime.qnn.runner import QnnRunner
from lowformer_edge.runtime.qnn.simulator import RefusedByNpuError, open_session
from lowformer_edge.targets.npu.target import NpuTarget
from lowformer_edge.targets.npu.tracer import NpuTracer
from lowformer_edge.targets.target import Work
from lowformer_edge.tasks.closeness import sqnr

GRAPH, COMPILED = "attentive-w8a16-npu.onnx", "attentive-w8a16-8gen2.qnn"


def refused(capfd: pytest.CaptureFixture[str], bundle: Path, target: str) -> str:
    """The one line of a command that exits with 2."""
    assert verify([str(bundle), "--on", target, "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.strip().splitlines()
    return line


def test_a_bundle_holds_a_graph_and_a_compiled_one_for_each_chip(npu_bundle: Path) -> None:
    manifest = read_manifest(npu_bundle)
    names = [
        f"attentive-{precision}-{end}"
        for precision in ("w8a16", "int8")
        for end in ("npu.onnx", "8gen2.qnn", "8sgen3.qnn")
    ]
    assert [item.file.path for item in manifest.artifacts] == names
    for item in manifest.artifacts:
        assert item.parity is not None
        assert item.latency is None, "no time here says anything of an NPU"
        if item.compiled is None:
            assert item.residency is None
            continue
        assert item.compiled == read_compiled(npu_bundle / item.file.path)
        chip = chip_of(item.compiled.chip)
        assert (item.compiled.soc_model, item.compiled.htp_arch) == (chip.soc_model, chip.htp_arch)
        assert item.runtime == "Qualcomm HTP simulator"
        assert item.residency is not None
        assert (item.residency.partitions, item.residency.refused) == (1, {})
    assert Manifest.model_validate_json(manifest.to_json()) == manifest


def test_verify_compares_the_simulated_chip_with_everything(
    npu_bundle: Path, npu_simulator: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(npu_bundle), "--on", "npu:8gen2", "--json", "--quiet"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["targets"]["npu:8gen2"]["processor"] == (
        "Snapdragon 8 Gen 2 (SM8550, HTP v73), computed by the Qualcomm HTP simulator of SDK"
        f" {npu_simulator}"
    )
    pairs = {(link["first"], link["second"]) for link in found["links"]}
    assert ("eager", f"{COMPILED} on npu:8gen2") in pairs
    assert (f"{GRAPH} on host", f"{GRAPH} on npu:8gen2") in pairs
    not_run = {(item["file"], item["target"]): item["not_run"] for item in found["placed"]}
    assert not_run[(COMPILED, "npu:8gen2")] is None
    assert "npu:8sgen3" in not_run[("attentive-w8a16-8sgen3.qnn", "npu:8gen2")]
    assert "on its chip's NPU alone" in not_run[(COMPILED, "host")]
    residencies = [item["residency"] for item in found["placed"] if item["file"] == GRAPH]
    assert residencies[0] is None
    assert residencies[1]["delegate"] == "Qualcomm HTP"
    assert residencies[1]["delegated_ops"] > 100


def test_a_compiled_graph_computes_what_its_graph_does(npu_bundle: Path) -> None:
    manifest = read_manifest(npu_bundle)
    golden = GoldenVectors.load(npu_bundle / manifest.golden.path)
    images = manifest.preprocessing_spec().normalise(golden.pixels[:2])
    with QnnRunner(npu_bundle / COMPILED) as runner:
        compiled = runner.run(images)["logits"]
    with QnnRunner(npu_bundle / GRAPH, chip=chip_of("8gen2")) as runner:
        assert sqnr(runner.run(images)["logits"], compiled) > 60


def test_inspect_tells_what_a_compiled_file_is(
    npu_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert inspect([str(npu_bundle / COMPILED)]) == 0
    out = capfd.readouterr().out
    assert "in 1 Qualcomm HTP partition(s)" in out
    assert "input: image float32 [1, 3, 64, 64] NCHW" in out


def test_other_chips_are_refused(npu_bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = refused(capfd, npu_bundle, "npu:8elite")
    assert "compiled for 8gen2, 8sgen3 alone" in line
    assert "or export for chip 8elite" in line
    with pytest.raises(ArtifactError, match="is compiled for Snapdragon 8 Gen 2 alone"):
        QnnRunner(npu_bundle / COMPILED, chip=chip_of("8elite"))
    assert NpuTarget("8elite").refusal(Path("model.tflite"))


def test_another_sdk_is_refused(
    npu_bundle: Path, npu_simulator: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(npu_bundle, tmp_path / "bundle"))
    path = bundle / COMPILED
    model = onnx.load(str(path))
    for item in model.metadata_props:
        if item.key == METADATA_NAME:
            item.value = item.value.replace(f'"sdk": "{npu_simulator}"', '"sdk": "2.40.0"')
    onnx.save(model, str(path))
    manifest = json.loads((bundle / "manifest.json").read_text())
    for record in manifest["artifacts"]:
        if record["file"]["path"] == path.name:
            record["file"]["sha256"] = digest_of(path)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    line = refused(capfd, bundle, "npu:8gen2")
    assert f"compiled by SDK 2.40.0, the simulator here is of {npu_simulator}" in line


def test_a_damaged_file_is_one_line(npu_bundle: Path, tmp_path: Path) -> None:
    for content in (b"", (npu_bundle / COMPILED).read_bytes()[:5000]):
        path = tmp_path / "cut.qnn"
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"cut\.qnn: "):
            QnnRunner(path)


@pytest.mark.usefixtures("npu_simulator")
def test_an_op_that_the_npu_refuses_is_named(tmp_path: Path) -> None:
    shape = (1, 3, 64, 64)
    image, logits = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name in ("image", "logits")
    )
    nodes = [
        onnx.helper.make_node("Relu", ["image"], ["positive"], "kept"),
        onnx.helper.make_node("Acosh", ["positive"], ["logits"], "strange"),
    ]
    graph = onnx.helper.make_graph(nodes, "graph", [image], [logits])
    path = tmp_path / "strange.onnx"
    imports = [onnx.helper.make_opsetid("", 21)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=imports, ir_version=10), str(path))
    with pytest.raises(RefusedByNpuError, match="refuses Acosh strange") as caught:
        open_session(path, chip_of("8gen2"))
    assert caught.value.refused == {"strange": "Acosh"}
    with pytest.raises(RefusedByNpuError, match="it computes in integers alone"):
        open_session(path, chip_of("8sgen3"))


@pytest.mark.usefixtures("npu_simulator")
def test_the_first_guilty_op_is_named(npu_bundle: Path, tmp_path: Path) -> None:
    manifest = read_manifest(npu_bundle)
    golden = GoldenVectors.load(npu_bundle / manifest.golden.path)
    images = manifest.preprocessing_spec().normalise(golden.pixels[:1])
    target, sound = NpuTarget("8gen2"), NpuTracer(npu_bundle / GRAPH)
    found = sound.read_exposed(images, target.values(npu_bundle / GRAPH, images))
    assert find_difference(found, sound, least_db=35) is None
    model = onnx.load(str(npu_bundle / GRAPH))
    (guilty,) = [op for op in sound.ops if op.kind == "Softmax"]
    for node in model.graph.node:
        if node.name == guilty.name:
            node.op_type = "HardSigmoid"
            del node.attribute[:]
    damaged = tmp_path / "damaged.onnx"
    onnx.save(model, str(damaged))
    found = sound.read_exposed(images, target.values(damaged, images))
    culprit = find_difference(found, sound, least_db=35)
    assert culprit is not None
    assert (culprit.kind, culprit.name) == ("Softmax", guilty.name)


@pytest.mark.usefixtures("npu_simulator")
def test_the_worker_answers_for_each_file(npu_bundle: Path) -> None:
    manifest = read_manifest(npu_bundle)
    golden = GoldenVectors.load(npu_bundle / manifest.golden.path)
    files = [npu_bundle / GRAPH, npu_bundle / COMPILED]
    work = Work(files, golden.pixels[:1], manifest.preprocessing_spec())
    graph, compiled = NpuTarget("8gen2").run(work, SilentProgress()).ran
    assert graph.outputs is not None
    assert compiled.outputs is not None
    assert sqnr(graph.outputs["logits"], compiled.outputs["logits"]) > 60
    assert graph.answer.runtime == compiled.answer.runtime == "Qualcomm HTP simulator"


def test_choices() -> None:
    assert NpuTarget("8gen2").name == "npu:8gen2"
    with pytest.raises(UsageError, match="'9' is unknown; choose one of 8gen1"):
        NpuTarget("9")
    with pytest.raises(UsageError, match="give a chip, such as npu:8gen3"):
        NpuTarget("")


@pytest.mark.heavy
def test_without_the_extra_there_is_one_line(demo_bundle: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['onnxruntime_qnn'] = None\n"
        "from lowformer_edge.cli.verify import main\n"
        f"sys.exit(main([{str(demo_bundle)!r}, '--on', 'npu:8gen2', '--quiet']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "need onnxruntime-qnn, which is not installed; install the extra npu" in line


@pytest.mark.heavy
@pytest.mark.usefixtures("npu_simulator")
def test_a_search_is_proven_on_the_simulator(
    attentive_model: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(5)
    for name, count in (("calibration", 32), ("evaluation", 8)):
        images = noise.integers(0, 256, (count, 64, 64, 3), np.uint8)
        np.savez(tmp_path / f"{name}.npz", images=images)
    data = [
        *("--calibration-data", str(tmp_path / "calibration.npz")),
        *("--evaluation-data", str(tmp_path / "evaluation.npz")),
    ]
    bundle = ["--output", str(tmp_path / "bundle"), "--json", "--quiet"]
    search = ["--to", "qnn", "--int8", "--min-sqnr", "30"]
    assert export([*attentive_model, *search, *data, *bundle]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["search"]["unit"] == "million int8 MACs"
    assert found["search"]["proof"]["sqnr_db"] >= 30
    costs = [mix["predicted_cost_over_fastest"] for mix in found["search"]["front"]]
    assert costs == sorted(costs)
    assert costs[-1] > costs[0] == 0
    (artifact,) = found["artifacts"]
    assert artifact["spec"]["recipe"] == found["search"]["recipe"]


def test_a_report_says_what_the_simulator_is(
    npu_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("jinja2")
    assert verify([str(npu_bundle), "--on", "npu:8gen2", "--json", "--quiet"]) == 0
    results, page = tmp_path / "verify.json", tmp_path / "page.html"
    results.write_text(capfd.readouterr().out)
    assert report([str(npu_bundle), "--verify", str(results), "--output", str(page)]) == 0
    text = html.unescape(page.read_text())
    assert "npu:8gen2 is Qualcomm's simulator of a phone's NPU" in text
    assert "Core ML" not in text
