"""The app's own benchmark, from its runners to ``lowformer-bench --phone-report``.

Times are this machine's; what is held is that the command reads what the app saves, and finds the
same figures.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.hotspot import HotSpot
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.workflows import bench as benchmark


@pytest.mark.parametrize("litert", [False, True], ids=["executorch", "both runtimes"])
def test_what_the_app_saves_is_read(
    hotspot: HotSpot,
    android_bundle: Path,
    litert: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])
    app = dataclasses.replace(hotspot, litert=litert)
    report = tmp_path / "report.json"
    app.benchmark(android_bundle, report)
    assert not list(tmp_path.glob("*.scratch"))
    assert report.stat().st_size < 500_000
    assert bench([str(android_bundle), "--phone-report", str(report), "--json", "--quiet"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["machine"] == {"app": "on HotSpot"}
    (timed,) = found["benchmarks"]
    suffixes = ("tflite", "pte") if litert else ("pte",)
    names = {f"demo-{precision}.{suffix}" for precision in ("fp32", "int8") for suffix in suffixes}
    assert {Path(item["path"]).name for item in timed["files"]} == names
    for item in timed["files"]:
        assert (item["runs"], item["processes"]) == (9, 3)
        assert item["median_ms"] > 0
    checks = {item["file"]: item for item in timed["phone"]["checks"]}
    for name in names:
        least = 100 if "fp32" in name else 20
        assert checks[name]["parity"]["outputs"]["logits"]["sqnr_db"] > least
    refused = {name.partition(" ")[0] for name in found["left_out"]}
    assert refused >= {"demo-fp32.tflite", "demo-int8.tflite"}
