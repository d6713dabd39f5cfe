"""What the page says, and that nothing in a bundle becomes markup."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowformer_edge.artifact.manifest import Manifest, Residency
from lowformer_edge.artifact.results.verify import PlacedResult
from lowformer_edge.process.text import printable
from lowformer_edge.report.evidence import Evidence
from lowformer_edge.report.page import render

from .markup import Markup

ANCHORS = (
    "limits",
    "model",
    "files",
    "parity",
    "accuracy",
    "residency",
    "latency",
    "int8",
    "environment",
)


def changed(manifest: Manifest, **fields: Any) -> Evidence:
    """A manifest alone, with other fields."""
    return Evidence(manifest.model_copy(update=fields))


def with_first_artifact(manifest: Manifest, **fields: Any) -> Evidence:
    """A manifest alone, with other fields in its first artifact."""
    first, *others = manifest.artifacts
    return changed(manifest, artifacts=(first.model_copy(update=fields), *others))


def words(page: str) -> str:
    """A page's text, with single spaces."""
    return " ".join(Markup(page).text.split())


def test_all_sections_are_there(evidence: Evidence) -> None:
    page = render(evidence)
    markup = Markup(page.html)
    assert page.sections == ANCHORS
    assert page.failures == ()
    assert set(ANCHORS) <= set(markup.values("id"))
    assert [f"#{anchor}" for anchor in ANCHORS] == markup.values("href")[-len(ANCHORS) :]
    for item in evidence.manifest.artifacts:
        assert item.file.path in markup.text
        assert item.file.sha256 in markup.text
    assert "All checks hold." in markup.text
    sizes = {item.precision: item.file.bytes for item in evidence.manifest.artifacts}
    least = min(sizes, key=lambda precision: sizes[precision])
    share = sizes[least] / sizes["fp32"]
    assert f"demo-{least}.tflite, {share:.2f} of its fp32" in markup.text
    assert "1.17 M" in markup.text
    assert f"SHA-256 {evidence.manifest.source.sha256}" in markup.text


def test_it_can_be_read_by_those_who_do_not_see_it(evidence: Evidence) -> None:
    markup = Markup(render(evidence).html)
    levels = [level for level, _ in markup.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    for reference in markup.values("aria-labelledby"):
        assert set(reference.split()) <= set(ids)
    names = [name for name, _ in markup.elements]
    for name, attributes in zip(names, markup.attributes, strict=True):
        if name == "table":
            assert "aria-labelledby" in attributes
        if name == "svg" and attributes.get("role") == "img":
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")
        if name == "th":
            assert "scope" in attributes
    assert names.count("figcaption") == names.count("figure")


def test_it_loads_nothing(evidence: Evidence) -> None:
    page = render(evidence).html
    markup = Markup(page)
    assert all(link.startswith("#") for link in markup.values("href"))
    names = {name for name, _ in markup.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert "src" not in {name for _, attributes in markup.elements for name in attributes}
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_same_evidence_gives_the_same_page(evidence: Evidence) -> None:
    assert render(evidence).html == render(evidence).html


def test_a_manifest_alone_says_where_its_figures_are_from(demo_manifest: Manifest) -> None:
    text = words(render(Evidence(demo_manifest)).html)
    processor = demo_manifest.machine["processor"]
    assert f"Taken when the bundle was exported, on {processor}" in text
    assert "no verification on other targets was given" in text
    assert "ARM processors and GPU delegates are not verified" in text
    assert "No file ran on a phone" in text
    assert "Sensitivity" not in text
    assert "from the bundle's manifest." in text
    latency = demo_manifest.artifacts[0].latency
    assert latency is not None
    assert f"1 thread, {latency.runs} runs of each file" in text


def test_results_are_shown(evidence: Evidence) -> None:
    text = words(render(evidence).html)
    assert evidence.sensitivity is not None
    assert evidence.sensitivity.sensitivity.ops[0].name in text
    assert "Of 3 mixes of precisions" in text
    assert "mix 1 was chosen, with 1 op in float" in text
    assert "loses 0.25 points at 41.4 dB SQNR. It is the INT8 file of this bundle." in text
    assert "Taken by lowformer-bench on" in text
    assert "Taken by lowformer-verify on images of evaluation.npz" in text
    assert "eager → rewritten for tflite" in text


def test_a_software_gpu_is_never_a_phone(evidence: Evidence) -> None:
    assert evidence.verify is not None
    machine = evidence.verify.targets["host"]
    placed = PlacedResult(
        file="demo-fp32.tflite",
        target="gpu",
        not_run=None,
        runtime="LiteRT",
        device="SwiftShader Device",
        is_software=True,
        residency=Residency(delegate="LiteRT GPU", partitions=1, delegated_ops=9, refused={}),
    )
    verify = evidence.verify.model_copy(
        update={
            "targets": {"host": machine, "gpu": machine, "arm:cortex-a76": machine},
            "placed": (*evidence.verify.placed, placed),
        }
    )
    text = words(render(dataclasses.replace(evidence, verify=verify)).html)
    assert "gpu SwiftShader Device a software GPU, which stands for no phone's" in text
    assert "gpu is a software GPU, which stands for no phone's." in text
    assert "arm:cortex-a76 is an emulated processor" in text
    assert "None of these is a phone." in text
    assert "No file ran on a phone" in text


@pytest.mark.parametrize("name", ["adb", "adb:R5CT", "adb?accelerator=gpu"])
def test_a_phone_is_one(evidence: Evidence, name: str) -> None:
    assert evidence.verify is not None
    targets = {**evidence.verify.targets, name: {"processor": "Tensor G3"}}
    verify = evidence.verify.model_copy(update={"targets": targets})
    text = words(render(dataclasses.replace(evidence, verify=verify)).html)
    assert "Tensor G3" in text
    assert "phone" not in text.replace("the machine itself, no phone", "")


def test_random_weights_are_announced(demo_manifest: Manifest) -> None:
    source = demo_manifest.source.model_copy(
        update={"name": "random weights", "sha256": None, "fit_for_accuracy": False}
    )
    text = words(render(changed(demo_manifest, source=source)).html)
    assert "Random weights. The weights are random" in text
    assert "Least top-1" not in text
    assert "not judged" in text
    assert "Random weights." not in words(render(Evidence(demo_manifest)).html)


def test_failures_come_first(evidence: Evidence, demo_manifest: Manifest) -> None:
    assert evidence.verify is not None
    links = evidence.verify.links
    broken = links[-1].model_copy(update={"failure": "3.0 dB SQNR to eager, below 20"})
    verify = evidence.verify.model_copy(
        update={"links": (*links[:-1], broken), "failures": ("demo: 3.0 dB SQNR", "another")}
    )
    page = render(dataclasses.replace(evidence, verify=verify))
    assert page.failures == ("demo: 3.0 dB SQNR", "another")
    text = words(page.html)
    assert text.index("2 checks failed.") < text.index("Where it ran")
    assert "All checks hold" not in text
    assert "✕ failed" in text
    parity = demo_manifest.artifacts[0].parity
    assert parity is not None
    close = parity.outputs["logits"].model_copy(update={"sqnr_db": 3.0})
    parity = parity.model_copy(update={"outputs": {"logits": close}})
    far = with_first_artifact(demo_manifest, parity=parity)
    assert "3.0 dB SQNR to the eager model" in render(far).failures[0]


def test_users_of_executorch_are_told_what_it_misreads(demo_manifest: Manifest) -> None:
    told = "give it contiguous tensors"
    assert told not in words(render(changed(demo_manifest)).html)
    evidence = with_first_artifact(demo_manifest, format="executorch")
    assert told in words(render(evidence).html)


def test_a_file_in_parts_fails(demo_manifest: Manifest) -> None:
    parts = Residency(delegate="XNNPACK", partitions=3, delegated_ops=9, refused={"GELU": 2})
    page = render(with_first_artifact(demo_manifest, residency=parts))
    assert len(page.failures) == 1
    assert (
        "breaks partitions==1 with 3 and cpu_ops==0 with 2; XNNPACK refuses 2 GELU"
        in page.failures[0]
    )
    assert "✕ in parts" in words(page.html)
    required = changed(demo_manifest, requirements=("delegated_ops>=100000",))
    assert len(render(required).failures) == len(demo_manifest.artifacts)


def test_what_is_absent_is_said(demo_manifest: Manifest) -> None:
    stand_in = {"latency": None, "residency": None, "runtime": "MIL interpreter"}
    text = words(render(with_first_artifact(demo_manifest, **stand_in)).html)
    name = demo_manifest.artifacts[0].file.path
    assert f"Not timed {name}: computed by our interpreter" in text
    assert f"Not known {name}: computed by our interpreter" in text
    never = {"latency": None, "residency": None, "parity": None, "not_run": "there is no device"}
    text = words(render(with_first_artifact(demo_manifest, **never)).html)
    assert f"{name}: never run, there is no device." in text
    unlabelled = tuple(
        item.model_copy(
            update={"parity": item.parity.model_copy(update={"top1": None, "reference_top1": None})}
        )
        for item in demo_manifest.artifacts
        if item.parity
    )
    text = words(render(changed(demo_manifest, artifacts=unlabelled)).html)
    assert "accuracy was not measured" in text
    assert "Least SQNR" in text


def test_an_invalid_benchmark_is_no_figure(evidence: Evidence) -> None:
    assert evidence.bench is not None
    (item,) = evidence.bench.benchmarks
    for verdict, doubts in (("valid", ()), ("INVALID", ("other processes took 80 %",))):
        changed = item.model_copy(update={"verdict": verdict, "doubts": doubts})
        bench = evidence.bench.model_copy(update={"benchmarks": (changed,)})
        text = words(render(dataclasses.replace(evidence, bench=bench)).html)
        is_invalid = verdict == "INVALID"
        assert ("Fastest INVALID" in text) == is_invalid
        assert ("INVALID: these figures mean nothing other processes took" in text) == is_invalid
        assert ("Fastest × " in text) != is_invalid


@pytest.mark.parametrize("empty", [True, False])
def test_extremes_are_drawn(empty: bool, demo_manifest: Manifest) -> None:
    first = demo_manifest.artifacts[0]
    assert first.latency is not None
    latency = first.latency.model_copy(update={"median_ms": 0.0, "p10_ms": 0.0, "p90_ms": 0.0})
    artifacts = () if empty else (first.model_copy(update={"latency": latency}),)
    text = words(render(changed(demo_manifest, artifacts=artifacts)).html)
    assert ("Nothing was judged." in text) == empty


def hostile(manifest: Manifest, text: str) -> Evidence:
    """A manifest that holds a text wherever it may hold any."""
    calibration = manifest.calibration
    assert calibration is not None
    first, *others = manifest.artifacts
    assert first.parity is not None
    artifact = first.model_copy(
        update={
            "file": first.file.model_copy(update={"path": text}),
            "precision": first.precision,
            "inputs": tuple(
                item.model_copy(update={"name": text, "dtype": text, "layout": text})
                for item in first.inputs
            ),
            "residency": Residency(
                delegate=text, partitions=2, delegated_ops=1, refused={f"a{text}": 1}
            ),
            "parity": first.parity.model_copy(update={"data": text}),
            "spec": {**first.spec, "io": f"a{text}"},
            "target": f"a{text}",
        }
    )
    return Evidence(
        manifest.model_copy(
            update={
                "name": text,
                "source": manifest.source.model_copy(update={"name": text}),
                "artifacts": (artifact, *others),
                "calibration": calibration.model_copy(
                    update={"data": text, "observer": text, "skipped": (text,)}
                ),
                "machine": {"processor": text, "system": text, f"a{text}": text},
                "toolchain": {f"a{text}": text},
                "model": {**manifest.model, f"a{text}": text},
            }
        ),
        (text, *map(str, range(9))),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=(st.text() | st.text("<>&\"'/={}%#! abcsript-\u202e")).filter(str.strip))
def test_no_text_becomes_markup(text: str, demo_manifest: Manifest) -> None:
    plain = Markup(render(hostile(demo_manifest, "plain")).html)
    markup = Markup(render(hostile(demo_manifest, text)).html)
    assert markup.elements == plain.elements
    assert (1, printable(text)) in markup.headings


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '" onload="alert(1)',
        "</style><script>",
        "{{ 7 * 7 }}{% raw %}",
        "javascript:alert(1)",
    ],
)
def test_known_attacks_are_shown_as_they_are(text: str, demo_manifest: Manifest) -> None:
    page = render(hostile(demo_manifest, text)).html
    assert (1, text) in Markup(page).headings
    assert "<script" not in page
