"""Results that are not what they should be, or speak of another bundle, are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge.errors import ArtifactError
from lowformer_edge.report.evidence import Evidence, read_evidence


def test_all_results_of_the_bundle_are_taken(evidence: Evidence) -> None:
    assert evidence.verify is not None
    assert {item.file for item in evidence.verify.placed} == {
        item.file.path for item in evidence.manifest.artifacts
    }
    assert evidence.verify.links[0].second == "rewritten for tflite"
    assert evidence.bench is not None
    assert len(evidence.bench.benchmarks[0].files) == 5
    assert evidence.sensitivity is not None
    assert evidence.manifest.calibration is not None
    assert evidence.sensitivity.digest == evidence.manifest.calibration.sha256
    assert evidence.search is not None
    assert [mix.float_ops for mix in evidence.search.search.front] == [0, 1, 2]
    assert evidence.labels[0] == "T-shirt/top"


def test_without_results_there_are_none(demo_bundle: Path) -> None:
    found = read_evidence(demo_bundle)
    assert (found.verify, found.bench, found.sensitivity, found.search) == (None,) * 4


@pytest.mark.parametrize("option", ["verify", "bench", "sensitivity", "search"])
@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"targets": 1}', "[" * 100_000, "\udcff"]
)
def test_files_that_are_no_output(
    option: str, content: str, demo_bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(ArtifactError, match=r"other\.json: is no output of lowformer-") as caught:
        read_evidence(demo_bundle, **{option: path})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", ["verify", "bench", "sensitivity", "search"])
def test_another_commands_output(option: str, demo_bundle: Path, results: dict[str, Path]) -> None:
    for other in results.keys() - {option}:
        with pytest.raises(ArtifactError, match="is no output of"):
            read_evidence(demo_bundle, **{option: results[other]})


def test_absent_files(demo_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"absent\.json: cannot be read"):
        read_evidence(demo_bundle, bench=tmp_path / "absent.json")


def rename_placed(content: dict[str, Any]) -> None:
    del content["digests"]
    content["placed"][0]["file"] = "other.tflite"


def rename_timed(content: dict[str, Any]) -> None:
    for item in content["benchmarks"][0]["files"]:
        item["path"] = "elsewhere/other.tflite"


@pytest.mark.parametrize(
    ("option", "change", "reason"),
    [
        (
            "verify",
            lambda content: content["digests"].update({"demo-int8.tflite": "0" * 64}),
            "another demo-int8.tflite",
        ),
        ("verify", rename_placed, "verifies demo-fp16.tflite,.* other.tflite, the bundle holds"),
        ("verify", lambda content: content.update(placed=[], digests={}), "verifies nothing"),
        ("bench", rename_timed, "times other.tflite, the bundle holds demo-fp16.tflite"),
        ("sensitivity", lambda content: content.update(digest="0" * 64), "other activation ranges"),
        ("sensitivity", lambda content: content.update(sensitivity=None), "--sensitivity"),
        (
            "search",
            lambda content: content["model"].update(depths=[0, 1, 1, 1, 1]),
            "another model",
        ),
        ("search", lambda content: content["source"].update(sha256=None), "another model"),
        ("search", lambda content: content["search"].update(chosen=3), "not on the front"),
    ],
)
def test_results_of_another_bundle(
    option: str,
    change: Callable[[dict[str, Any]], object],
    reason: str,
    demo_bundle: Path,
    results: dict[str, Path],
    tmp_path: Path,
) -> None:
    content = json.loads(results[option].read_text())
    change(content)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match=reason):
        read_evidence(demo_bundle, **{option: path})


def test_timings_of_another_file_of_the_same_name(
    demo_bundle: Path, results: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "demo-int8.tflite"
    shutil.copy(demo_bundle / "demo-fp32.tflite", other)
    content = json.loads(results["bench"].read_text())
    content["benchmarks"][0]["files"][0]["path"] = str(other)
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match=r"not the bundle's demo-int8\.tflite"):
        read_evidence(demo_bundle, bench=path)
