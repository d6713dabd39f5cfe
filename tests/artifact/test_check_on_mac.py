"""The script for the Mac, with its prediction call replaced: it has not run on a Mac here."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact import check_on_mac
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.mac_report import read_mac_report
from lowformer_edge.artifact.mac_script import SCRIPT, strange_scripts
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.report.evidence import read_evidence
from lowformer_edge.report.limits import limits_of
from lowformer_edge.runtime.coreml.interpreter import Interpreter
from lowformer_edge.runtime.coreml.package import read_package


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A package as the stand-in holds it."""

    kind: str
    batch: int
    interpreter: Interpreter
    ops: list[str]


class StandIn:
    """Our interpreter where the script asks Core ML; the Neural Engine takes what is a conv."""

    version = "9.0"
    refused: tuple[str, ...] = ()
    wrong = 0.0

    def load(self, path: Path, unit: str) -> Loaded:
        if unit in self.refused:
            raise RuntimeError("no such unit")
        package = read_package(path)
        ops = [item.kind for item in package.program.operations if not item.is_constant]
        image = package.inputs[0]
        return Loaded(image.kind, image.shape[0], Interpreter(package.program), ops)

    def inputs(self, model: Loaded) -> dict[str, str]:
        return {"image": model.kind}

    def batch(self, model: Loaded) -> int:
        return model.batch

    def predict(self, model: Loaded, inputs: dict[str, Any]) -> dict[str, Any]:
        image = inputs["image"]
        if model.kind == "image":
            assert isinstance(image, Image.Image)
            image = np.moveaxis(np.asarray(image, np.float32), -1, 0)[None]
        result = model.interpreter.run({"image": image})
        return {**result, "logits": result["logits"] * (1 - self.wrong)}

    def plan(self, model: Loaded, unit: str) -> list[tuple[str, str, float]]:
        share = 1 / len(model.ops)
        return [(kind, "NeuralEngine" if kind == "conv" else "CPU", share) for kind in model.ops]


@pytest.fixture
def bundle(coreml_bundles: Path) -> Path:
    """The demo model as a tensor's and, beside it, as an image's package."""
    return coreml_bundles


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.heavy
def test_the_script_stands_alone(bundle: Path) -> None:
    script = bundle / "tensor" / "check_on_mac.py"
    assert script.read_bytes() == Path(check_on_mac.__file__).read_bytes()
    names = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module).split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"numpy", "PIL"}
    manifest = read_manifest(bundle / "tensor")
    assert manifest.mac_check is not None
    assert manifest.mac_check.path == "check_on_mac.py"


@pytest.mark.parametrize("kind", ["tensor", "image"])
def test_a_report_goes_back_into_verification(
    kind: str, bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = bundle / kind
    assert check_on_mac.main([str(folder), "--runs", "3"], StandIn) == 0
    out, _ = capfd.readouterr()
    assert out.count(" dB to the model, ") == 4
    assert "36 ops on NeuralEngine" in out
    assert "  NeuralEngine: 36 conv\n" in out
    report = here / "coreml-report.json"
    assert [path.name for path in here.iterdir()] == [report.name]
    arguments = [str(folder), "--mac-report", str(report), "--evaluation-images", "20"]
    assert verify([*arguments, "--json", "--quiet"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert [item["units"] for item in result["mac"]] == list(check_on_mac.UNITS)
    for item in result["mac"]:
        assert item["parity"]["outputs"]["logits"]["sqnr_db"] > 45
        assert item["devices"]["NeuralEngine"] == 36
        assert item["milliseconds"]["runs"] == 3
    assert verify(arguments) == 0
    out, _ = capfd.readouterr()
    assert "CPU_AND_NE" in out
    assert "36 NeuralEngine" in out


def test_units_that_fail_are_reported_and_fail_the_check(
    bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class WithoutNeuralEngine(StandIn):
        refused = ("CPU_AND_NE",)

    assert check_on_mac.main([str(bundle / "tensor"), "--runs", "2"], WithoutNeuralEngine) == 1
    assert "CPU_AND_NE: RuntimeError: no such unit" in capfd.readouterr().err
    arguments = [str(bundle / "tensor"), "--mac-report", "coreml-report.json", "--quiet"]
    assert verify([*arguments, "--evaluation-images", "20"]) == 1
    assert "on the Mac's CPU_AND_NE: RuntimeError" in capfd.readouterr().err


def test_logits_that_are_wrong_on_the_mac_fail_verification(
    bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    class Wrong(StandIn):
        wrong = 0.1

    assert check_on_mac.main([str(bundle / "tensor"), "--runs", "2"], Wrong) == 0
    arguments = [str(bundle / "tensor"), "--mac-report", "coreml-report.json", "--quiet"]
    assert verify([*arguments, "--evaluation-images", "20"]) == 1
    assert "on the Mac's ALL: 20.0 dB SQNR" in capfd.readouterr().err


def test_reports_of_other_bundles_or_kinds_are_refused(
    bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check_on_mac.main([str(bundle / "tensor"), "--runs", "2"], StandIn) == 0
    capfd.readouterr()
    report = here / "coreml-report.json"
    assert verify([str(bundle / "image"), "--mac-report", str(report), "--quiet"]) == 2
    assert "is about another demo-fp16.mlpackage" in capfd.readouterr().err
    content = json.loads(report.read_text())
    for change in ({"version": 2}, {"packages": 3}, {"machine": {"system": 3}}):
        report.write_text(json.dumps({**content, **change}))
        assert verify([str(bundle / "tensor"), "--mac-report", str(report), "--quiet"]) == 2
        assert "is no report of check_on_mac.py" in capfd.readouterr().err
    report.write_bytes(b"\xff")
    assert verify([str(bundle / "tensor"), "--mac-report", str(report), "--quiet"]) == 2
    assert verify([str(bundle / "tensor"), "--mac-report", "none.json", "--quiet"]) == 2
    assert "none.json: cannot be read" in capfd.readouterr().err


def test_a_unit_has_a_result_or_a_failure(bundle: Path, here: Path) -> None:
    assert check_on_mac.main([str(bundle / "tensor"), "--runs", "2"], StandIn) == 0
    manifest = read_manifest(bundle / "tensor")
    report = read_mac_report(here / "coreml-report.json", manifest)
    for package in report.packages.values():
        for unit in package.units.values():
            assert unit.logits_array().shape == (8, 10)
            assert sum(unit.devices.values()) == len(unit.ops)
            assert abs(sum(unit.cost.values()) - 1) < 1e-6


def test_without_a_mac_the_script_says_so(bundle: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(bundle / "tensor" / "check_on_mac.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: Core ML exists on Macs only; copy the bundle to one\n"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "is this a whole bundle"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "is this a whole bundle"),
        (
            lambda folder: (folder / "demo-fp16.mlpackage" / "Manifest.json").write_text("{}"),
            "differs from its hash",
        ),
        (lambda folder: shutil.rmtree(folder / "demo-fp16.mlpackage"), "differs from its hash"),
    ],
    ids=["no manifest", "half a manifest", "changed", "missing"],
)
def test_damaged_bundles_are_one_line(
    damage: Any, reason: str, bundle: Path, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(bundle / "tensor", here / "copy"))
    damage(folder)
    assert check_on_mac.main([str(folder)], StandIn) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.splitlines()) == 1
    assert not (here / "coreml-report.json").exists()


def test_its_digest_is_the_manifests(bundle: Path, tmp_path: Path) -> None:
    original = bundle / "tensor" / "demo-fp16.mlpackage"
    path = Path(shutil.copytree(original, tmp_path / original.name))
    (path / ".DS_Store").write_bytes(b"left by Finder")
    assert check_on_mac.digest_of(path) == digest_of(path) == digest_of(original)


def test_batches_are_filled_up(here: Path, slight_model: tuple[str, ...]) -> None:
    common = ["--to", "coreml", "--quiet", "--evaluation-images", "20", "--batch", "3"]
    assert export([*common, *slight_model, "--calibration-images", "20", "--output", "batch"]) == 0
    assert check_on_mac.main(["batch", "--runs", "2"], StandIn) == 0
    assert verify(["batch", "--mac-report", "coreml-report.json", "--quiet"]) == 0


@pytest.fixture(params=["hash updated", "not in the manifest", "under another name"])
def other_script(request: pytest.FixtureRequest, bundle: Path, here: Path) -> Path:
    """A bundle whose script is another one, which its hashes do not tell."""
    folder = Path(shutil.copytree(bundle / "tensor", here / "copy"))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    script = folder / "check_on_mac.py"
    if request.param == "under another name":
        script = script.rename(folder / "check.py")
    script.write_text("print('all is well')")
    manifest["mac_check"] = {
        "path": script.name,
        "sha256": digest_of(script),
        "bytes": script.stat().st_size,
    }
    if request.param == "not in the manifest":
        manifest["mac_check"] = None
    path.write_text(json.dumps(manifest))
    return folder


def test_3_11_another_script_is_named_where_a_bundle_is_inspected(
    other_script: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert inspect([str(other_script), "--quiet"]) == 1
    assert re.fullmatch(ANOTHER_SCRIPT, capfd.readouterr().err)
    evidence = read_evidence(other_script)
    assert any("do not run it" in line for line in limits_of(evidence))


@pytest.mark.heavy
@pytest.mark.parametrize("other_script", ["hash updated"], indirect=True)
def test_3_11_another_script_is_named_where_a_bundle_is_verified(
    other_script: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify([str(other_script), "--quiet"]) == 1
    assert re.fullmatch(ANOTHER_SCRIPT, capfd.readouterr().err)


ANOTHER_SCRIPT = r"failed: check\w*\.py: is not the script of this .*\n"


def test_3_11_the_scripts_own_place_is_told(bundle: Path) -> None:
    folder = bundle / "tensor"
    assert strange_scripts(folder, read_manifest(folder)) == ()
    assert SCRIPT.read_bytes() == (folder / "check_on_mac.py").read_bytes()
