"""Files in whatever opens the page: the target with stand-ins for browsers, over a real server."""

from __future__ import annotations

import contextlib
import http.client
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import Bundle, open_bundle
from lowformer_edge.errors import TargetError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.measure.first_run import FirstRun
from lowformer_edge.runtime.work.request import FirstRunRequest, TimeRequest
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import Work
from lowformer_edge.targets.web import gathering
from lowformer_edge.targets.web.target import WebTarget
from lowformer_edge.workflows.bench import benchmark_everywhere

from .stand_in import StandInBrowser
from .visitors import Visit, Visitors

pytestmark = pytest.mark.usefixtures("web_lab")

WORK: Visit = StandInBrowser.work


def target_of(choice: str = "", patience: float = 180) -> WebTarget:
    """Browsers that are not waited for as long as people are."""
    return WebTarget(choice, patience)


@pytest.fixture
def bundle(demo_bundle: Path) -> Bundle:
    return open_bundle(demo_bundle)


def work_of(bundle: Bundle, *names: str) -> Work:
    files = [bundle.folder / name for name in names]
    return Work(files, bundle.golden().pixels[:2], bundle.preprocessing)


def test_files_come_back_as_they_computed(bundle: Bundle) -> None:
    work = work_of(bundle, "demo-fp32.tflite", "demo-int8.tflite")
    visitors = Visitors(WORK)
    run = target_of().run(work, visitors)
    visitors.wait()
    here = HostTarget().run(work, SilentProgress())
    assert run.machine["processor"] == "in Stand-in 1.0 on Linux"
    for there, one in zip(run.ran, here.ran, strict=True):
        assert there.answer.runtime == "Stand-in, 1 thread"
        assert there.outputs is not None
        assert one.outputs is not None
        np.testing.assert_allclose(there.outputs["logits"], one.outputs["logits"], atol=1e-4)


def test_each_file_has_a_task_of_its_own(bundle: Bundle) -> None:
    visitors = Visitors(WORK)
    target_of("?threads=3").run(work_of(bundle, "demo-fp32.tflite", "demo-int8.tflite"), visitors)
    visitors.wait()
    requests = visitors.jobs[0]["requests"]
    assert isinstance(requests, list)
    assert [(one["task"], one["files"]) for one in requests] == [("check", [0]), ("check", [1])]
    assert {one["threads"] for one in requests} == {3}


def test_several_browsers_are_several_columns(bundle: Bundle) -> None:
    facts = [{"model": "Pixel 8"}, {"model": "Pixel 8"}, {"model": "Galaxy"}]
    visitors = Visitors(WORK, WORK, WORK, facts=facts)
    runs = target_of("?browsers=3").run_everywhere(work_of(bundle, "demo-int8.tflite"), visitors)
    visitors.wait()
    assert sorted(runs) == [
        "web (Stand-in 1.0 on Galaxy)",
        "web (Stand-in 1.0 on Pixel 8)",
        "web (Stand-in 1.0 on Pixel 8, 2)",
    ]
    assert all(run.ran[0].outputs is not None for run in runs.values())


def test_without_files_a_browser_says_what_it_is(bundle: Bundle) -> None:
    """As for a bundle none of whose files it takes."""
    visitors = Visitors(WORK)
    run = target_of().run(work_of(bundle), visitors)
    visitors.wait()
    assert (run.machine["browser"], run.ran) == ("Stand-in 1.0", ())


def test_a_page_that_is_closed_fails(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "RELOAD_S", 0.1)
    visitors = Visitors(StandInBrowser.leave)
    with pytest.raises(TargetError, match="the page was closed before it was through"):
        target_of().run(work_of(bundle, "demo-int8.tflite"), visitors)
    visitors.wait()


@pytest.mark.heavy
def test_silence_fails(bundle: Bundle) -> None:
    visitors = Visitors(lambda browser: None)
    with pytest.raises(TargetError, match="gave no sign for 1 s"):
        target_of(patience=1).run(work_of(bundle, "demo-int8.tflite"), visitors)


def test_nobody_fails(bundle: Bundle) -> None:
    with pytest.raises(TargetError, match="0 of 1 browsers opened the page"):
        target_of(patience=1).run(work_of(bundle, "demo-int8.tflite"), Visitors())


@pytest.mark.parametrize("answer", [{}, [], "no", {"outcome": "done"}])
def test_an_answer_that_is_none_fails(bundle: Bundle, answer: object) -> None:
    def visit(browser: StandInBrowser) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            browser.post_answer(0, answer)

    visitors = Visitors(visit)
    with pytest.raises(TargetError) as caught:
        target_of().run(work_of(bundle, "demo-int8.tflite"), visitors)
    visitors.wait()
    assert "Stand-in 1.0 on Linux: the page's answer cannot be read" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_an_answer_that_is_too_large_is_refused_and_told(bundle: Bundle) -> None:
    def visit(browser: StandInBrowser) -> None:
        with pytest.raises((AssertionError, OSError)):
            browser.post_answer(0, {"log": "x" * (2 << 20)})

    visitors = Visitors(visit, WORK)
    target = target_of(patience=3)
    target.run(work_of(bundle, "demo-int8.tflite"), visitors)
    visitors.wait()
    refused, left_out = visitors.notes
    assert "are the most there" in refused
    assert "its answers are left out" in left_out


def test_each_browser_is_measured(bundle: Bundle) -> None:
    path = bundle.folder / "demo-int8.tflite"
    requests = [
        FirstRunRequest(files=(path,), threads=1),
        TimeRequest(files=(path,), threads=1, rounds=3, first=0),
    ]
    visitors = Visitors(WORK, WORK, facts=[{"model": "Pixel 8"}, {"model": "Galaxy"}])
    measured = target_of("?browsers=2").measure_everywhere(requests, "timing", visitors)
    visitors.wait()
    assert {one.machine["model"] for one in measured} == {"Pixel 8", "Galaxy"}
    for one in measured:
        (first_run,) = one.of(FirstRun)
        assert first_run.runtime == "Stand-in"
        assert one.browser is not None
        assert [check.failure for check in one.browser.checks] == [None]


def test_figures_are_of_the_threads_that_ran(bundle: Bundle) -> None:
    visitors = Visitors(WORK)
    (benchmark,) = benchmark_everywhere(
        [bundle.folder / "demo-int8.tflite"],
        threads=1,
        runs=4,
        processes=2,
        target=target_of("?threads=2"),
        progress=visitors,
    )
    visitors.wait()
    assert benchmark.threads == 2
    assert benchmark.browser is not None
