"""What commands print with ``--json`` is what a report reads: one record for both."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from pydantic import ValidationError

from lowformer_edge.artifact.manifest import Closeness, Interval, Manifest, Parity, Residency
from lowformer_edge.artifact.results.bench import (
    BenchmarkResult,
    BenchResult,
    CountResult,
    CountsResult,
    EnduranceResult,
    EnduredFileResult,
    EnduredResult,
    KindTimeResult,
    MomentResult,
    OpTimeResult,
    ProfileResult,
    ProfilesResult,
    ReadingResult,
    TakenTimeResult,
    TimedResult,
    WindowResult,
)
from lowformer_edge.artifact.results.browser import BrowserResult
from lowformer_edge.artifact.results.calibrate import (
    CalibrateResult,
    LossResult,
    OpResult,
    OpsResult,
    SensitivityResult,
)
from lowformer_edge.artifact.results.checked_file import CheckedFileResult
from lowformer_edge.artifact.results.export import (
    ExportedResult,
    FrontResult,
    MixResult,
    ProofResult,
    SearchResult,
)
from lowformer_edge.artifact.results.family import (
    FamiliesResult,
    FamilyResult,
    MeasuredCorrelation,
    ModelResult,
    PublishedCorrelation,
    PublishedResult,
)
from lowformer_edge.artifact.results.phone import (
    PhoneRequestResult,
    PhoneResult,
    PhoneStateResult,
)
from lowformer_edge.artifact.results.record import Record
from lowformer_edge.artifact.results.verify import (
    CulpritResult,
    EdgeResult,
    LinkResult,
    MacMilliseconds,
    MacResult,
    PlacedResult,
    VerifyResult,
)

MACHINE = {"processor": "some", "cores": "2"}
PARITY = Parity(
    images=8,
    data="some images",
    outputs={"logits": Closeness(sqnr_db="exact", cosine=1.0, max_difference=0.0)},
    agreement=Interval(value=100.0, low=67.6, high=100.0),
)
REFUSED = PlacedResult(file="a.tflite", target="npu:8gen2", not_run="takes no such files")
FAILED = PlacedResult(
    file="a.tflite",
    target="gpu",
    not_run="there is no device",
    runtime=None,
    device=None,
    is_software=False,
    half=None,
    residency=None,
)
VERIFY = VerifyResult(
    bundle="out",
    images=8,
    data="some images",
    digests={"a.tflite": "0" * 64},
    edges=(EdgeResult(first="eager", second="a.tflite", **dict(PARITY)),),
    not_run={"b.pte": "for Vulkan"},
    targets={"host": MACHINE, "gpu": MACHINE},
    placed=(
        PlacedResult(
            file="a.tflite",
            target="host",
            not_run=None,
            runtime="LiteRT",
            device=None,
            is_software=False,
            half=None,
            residency=Residency(delegate="XNNPACK", partitions=1, delegated_ops=9, refused={}),
        ),
        REFUSED,
        FAILED,
    ),
    links=(
        LinkResult(
            first="eager",
            second="a.tflite on host",
            least_db=40.0,
            failure="12.0 dB",
            cause="an op",
            culprit=CulpritResult(
                kind="CONV_2D",
                name="conv",
                module="stem",
                sqnr_db=3.0,
                max_difference=math.inf,
                equal_inputs=True,
                among=("conv", "add"),
                is_finite=True,
            ),
            **dict(PARITY),
        ),
    ),
    mac=(
        MacResult(
            package="a.mlpackage",
            units="ALL",
            parity=PARITY,
            milliseconds=MacMilliseconds(median=1.0, p10=0.9, p90=1.2, runs=20),
            devices={"NPU": 9},
            cost={"NPU": 1.0},
        ),
    ),
    browsers=(
        CheckedFileResult(
            file="a.tflite", accelerator="wasm", failure="it is refused", parity=PARITY
        ),
    ),
    failures=("a.tflite on host: 12.0 dB",),
)

STATE = PhoneStateResult(
    battery_percent=80, battery_celsius=31.5, charging=False, power_save=False, thermal_status=None
)
UNANSWERED = CheckedFileResult(
    file="a.tflite", accelerator="gpu", failure="the app ended", parity=None
)
PHONE = PhoneResult(
    accelerator="cpu",
    checks=(UNANSWERED,),
    requests=(
        PhoneRequestResult(
            task="time", before=STATE, after=STATE, worst_thermal_status=1, throttled=True
        ),
    ),
)
BENCHMARK = BenchmarkResult(
    threads=1,
    verdict="valid",
    doubts=(),
    other_load=None,
    reference="a.tflite",
    files=(
        TimedResult(
            path="a.tflite",
            runtime="LiteRT",
            batch=1,
            load_ms=1.0,
            first_ms=2.0,
            peak_mb=None,
            processes=2,
            process_medians_ms=(1.0, 1.1),
            runs=20,
            median_ms=1.05,
            p10_ms=1.0,
            p90_ms=1.2,
            p99_ms=1.3,
            ratio=1.0,
            ratio_low=1.0,
            ratio_high=1.0,
        ),
    ),
)
BROWSER = BrowserResult(
    machine=MACHINE,
    accelerator="wasm",
    clock_step_ms=0.005,
    runs_together={"a.tflite": 3},
    was_hidden=False,
    checks=(UNANSWERED,),
    caveat="times in a browser",
)
IN_BROWSER = BENCHMARK.model_copy(update={"browser": BROWSER})
BENCH = BenchResult(
    machine=MACHINE, left_out={"b.pte": "for Vulkan"}, benchmarks=(BENCHMARK, IN_BROWSER)
)
PROFILES = ProfilesResult(
    machine=MACHINE,
    profiles=(
        ProfileResult(
            path="a.tflite",
            runtime="LiteRT",
            threads=1,
            runs=20,
            missing=None,
            milliseconds=1.0,
            kinds=(KindTimeResult(kind="CONV_2D", ops=1, ms=1.0, share=1.0),),
            ops=(OpTimeResult(name="conv", kind="CONV_2D", ms=1.0, share=1.0),),
        ),
    ),
)
ENDURANCE = EnduranceResult(
    machine=MACHINE,
    left_out={},
    endurance=(
        EnduredResult(
            threads=1,
            verdict="INVALID",
            doubts=("others took 40 % of the cores",),
            other_load=0.4,
            moments=(
                MomentResult(
                    seconds=1.0,
                    reading=ReadingResult(megahertz=None, celsius=50.0),
                    taken=TakenTimeResult(others=0.4, total=1.0),
                    throttling=None,
                ),
            ),
            files=(
                EnduredFileResult(
                    path="a.tflite",
                    change="steady",
                    change_value=1.0,
                    change_low=0.99,
                    change_high=1.01,
                    windows=(WindowResult(runs=5, median_ms=1.0, p90_ms=1.1, slices_ms=(1.0,)),),
                ),
            ),
        ),
    ),
    phone=PHONE,
)
COUNTS = CountsResult(
    instructions=(
        CountResult(
            path="a.tflite",
            target="arm:cortex-a76",
            instructions=86_000_000,
            classes={"dot-product": 1000},
            ratio=1.0,
        ),
    )
)
PUBLISHED = PublishedResult(
    macs=944, params=14.1, top1=78.4, speeds={"Pi 5 ms": 39}, stated_macs=None
)
FAMILIES = FamiliesResult(
    machine=MACHINE,
    families=(
        FamilyResult(
            benchmark=BENCHMARK,
            models=(
                ModelResult(
                    name="b0",
                    path="b0.onnx",
                    random_weights=True,
                    macs=944_000_000,
                    params=None,
                    measured_ms=20.0,
                    ms_per_gmac=21.2,
                    published=PUBLISHED,
                ),
            ),
            spearman_measured=MeasuredCorrelation(value=None, models=1),
            spearman_published={"Pi 5 ms": PublishedCorrelation(value=0.9, variants=4)},
            sources={"macs": "the code"},
        ),
    ),
)
LOSS = LossResult(sqnr_db=None, agreement_percent=100.0)
SENSITIVITY = SensitivityResult(
    ranges="ranges.json",
    digest="0" * 64,
    observer="minmax",
    images=4,
    sensitivity=OpsResult(
        images=8,
        data="some images",
        together=LOSS,
        ops=(OpResult(name="stem", op="conv", precision="int8", alone=LOSS, left_out=LOSS),),
    ),
)
CALIBRATE = CalibrateResult(
    ranges="ranges.json", digest="0" * 64, observer="minmax", images=4, sensitivity=None
)
FRONT = FrontResult(
    chosen=0,
    unit="ms",
    proof=ProofResult(drop_points=0.0, sqnr_db=None, images=4),
    front=(
        MixResult(
            predicted_noise=0.0,
            predicted_cost_over_fastest=0.0,
            float_ops=1,
            measured_drop_points=0.0,
            measured_sqnr_db=math.inf,
        ),
    ),
    recipe={"version": 1, "rules": []},
)

RECORDS = {
    "verify": VERIFY,
    "bench": BENCH,
    "bench --profile": PROFILES,
    "bench --minutes": ENDURANCE,
    "bench --on arm": COUNTS,
    "bench --family": FAMILIES,
    "calibrate": CALIBRATE,
    "calibrate --sensitivity": SENSITIVITY,
    "search": FRONT,
}


def written(record: Record) -> str:
    """A record as a command prints it."""
    return json.dumps(record.model_dump(mode="json"))


def part_of(content: Any, path: tuple[str | int, ...]) -> Any:
    """What lies within some JSON."""
    for step in path:
        content = content[step]
    return content


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_what_was_written_is_read_back(record: Record) -> None:
    text = written(record)
    read = type(record).model_validate_json(text)
    assert read == record
    # Keys that were left out stay so, which equality does not tell.
    assert written(read) == text


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (VERIFY, ()),
        (VERIFY, ("edges", 0)),
        (VERIFY, ("links", 0)),
        (VERIFY, ("links", 0, "culprit")),
        (VERIFY, ("placed", 1)),
        (VERIFY, ("mac", 0, "milliseconds")),
        (BENCH, ("benchmarks", 0, "files", 0)),
        (ENDURANCE, ("phone", "checks", 0)),
        (SENSITIVITY, ("sensitivity", "ops", 0, "alone")),
        (FRONT, ("front", 0)),
    ],
)
def test_unknown_keys_are_ignored(record: Record, path: tuple[str | int, ...]) -> None:
    content = record.model_dump(mode="json")
    part_of(content, path)["later"] = 1
    assert type(record).model_validate_json(json.dumps(content)) == record


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (VERIFY, ("images",)),
        (VERIFY, ("edges", 0, "outputs", "logits", "cosine")),
        (VERIFY, ("links", 0, "culprit", "among")),
        (VERIFY, ("placed", 1, "not_run")),
        (BENCH, ("left_out",)),
        (BENCH, ("benchmarks", 0, "files", 0, "process_medians_ms")),
        (ENDURANCE, ("phone", "checks", 0, "failure")),
        (FAMILIES, ("families", 0, "models", 0, "published", "speeds")),
        (SENSITIVITY, ("sensitivity", "ops", 0, "alone", "agreement_percent")),
        (FRONT, ("recipe",)),
    ],
)
def test_a_value_of_another_type_is_refused(record: Record, path: tuple[str | int, ...]) -> None:
    content = record.model_dump(mode="json")
    part_of(content, path[:-1])[path[-1]] = [None]
    with pytest.raises(ValidationError) as caught:
        type(record).model_validate_json(json.dumps(content))
    assert caught.value.errors()[0]["loc"][: len(path)] == path


def test_keys_that_older_files_lack() -> None:
    content = VERIFY.model_dump(mode="json")
    for name in ("bundle", "digests", "edges", "not_run", "mac"):
        del content[name]
    for name in ("cause", "culprit", "top1", "reference_top1"):
        del content["links"][0][name]
    assert VerifyResult.model_validate_json(json.dumps(content)).targets == VERIFY.targets
    content = BENCH.model_dump(mode="json")
    del content["left_out"]
    kept = ("path", "median_ms", "p10_ms", "p90_ms", "ratio", "ratio_low", "ratio_high")
    benchmark = content["benchmarks"][0]
    benchmark["files"] = [{name: file[name] for name in kept} for file in benchmark["files"]]
    for name in ("threads", "other_load", "reference"):
        del benchmark[name]
    assert BenchResult.model_validate_json(json.dumps(content)).machine == MACHINE


def test_what_does_not_apply_is_left_out() -> None:
    assert list(REFUSED.model_dump(mode="json")) == ["file", "target", "not_run"]
    assert FAILED.model_dump(mode="json")["runtime"] is None
    assert (REFUSED.is_refused, FAILED.is_refused) == (True, False)
    assert list(UNANSWERED.model_dump(mode="json")) == ["file", "accelerator", "failure", "parity"]
    assert "phone" not in BENCHMARK.model_dump(mode="json")
    assert "phone" in ENDURANCE.model_dump(mode="json")


def test_names_come_before_what_is_compared() -> None:
    """Which is the order of these keys as they are printed."""
    link = list(VERIFY.model_dump(mode="json")["links"][0])
    judged = ["first", "second", "least_db", "failure", "cause", "culprit"]
    assert link == [*judged, *Parity.model_fields]


def test_published_figures_stay_whole() -> None:
    content = PUBLISHED.model_dump(mode="json")
    assert (str(content["macs"]), str(content["speeds"]["Pi 5 ms"])) == ("944", "39")


def test_a_profile_of_no_ops_takes_no_time() -> None:
    fields = dict(PROFILES.profiles[0]) | {"ops": (), "kinds": (), "milliseconds": sum(())}
    assert '"milliseconds": 0,' in written(ProfileResult(**fields))


def test_infinite_figures_are_written_as_such(demo_manifest: Manifest) -> None:
    exported = ExportedResult(bundle="out", **dict(demo_manifest), search=FRONT)
    for text in (written(FRONT), written(exported)):
        assert '"measured_sqnr_db": Infinity' in text
    assert '"max_difference": Infinity' in written(VERIFY)


def test_an_export_is_its_manifest_and_more(demo_manifest: Manifest) -> None:
    exported = ExportedResult(bundle="out", **dict(demo_manifest))
    content = exported.model_dump(mode="json")
    assert content == {"bundle": "out", **demo_manifest.model_dump(mode="json")}
    assert next(iter(content)) == "bundle"
    failed = ExportedResult(
        bundle="out", **dict(demo_manifest), search=FRONT, failed_targets={"onnx": "is missing"}
    )
    text = written(failed)
    assert ExportedResult.model_validate_json(text) == failed
    assert SearchResult.model_validate_json(text).search == FRONT
