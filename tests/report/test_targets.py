"""What places stand for in a report."""

from __future__ import annotations

import pytest

from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.artifact.results.verify import VerifyResult
from lowformer_edge.report.evidence import Evidence
from lowformer_edge.report.targets import BROWSER, EMULATED, Place, places_of

MACHINE = {"processor": "a processor", "system": "a system"}


def place_of(manifest: Manifest, name: str) -> Place:
    """A target of this name, by which nothing ran."""
    verified = VerifyResult(
        images=1,
        data="noise",
        targets={"host": MACHINE, name: MACHINE},
        placed=(),
        links=(),
        failures=(),
    )
    _, place = places_of(Evidence(manifest, verify=verified))
    return place


@pytest.mark.parametrize(
    "name",
    ["web", "web:chromium", "web:lan?threads=2", "web?accelerator=webgpu", "web (A on B, 2)"],
)
def test_a_browser_is_no_phone(demo_manifest: Manifest, name: str) -> None:
    place = place_of(demo_manifest, name)
    assert place.caveat == BROWSER
    assert not place.is_phone


@pytest.mark.parametrize(
    ("name", "caveat", "is_phone"),
    [("adb?accelerator=gpu", "", True), ("arm:cortex-a76", EMULATED, False)],
)
def test_other_places_are_what_they_were(
    demo_manifest: Manifest, name: str, caveat: str, is_phone: bool
) -> None:
    place = place_of(demo_manifest, name)
    assert (place.caveat, place.is_phone) == (caveat, is_phone)
