"""The section about what is not verified."""

from __future__ import annotations

from ..artifact.caveats import CONTIGUOUS_INPUTS, STAND_INS
from ..artifact.formats import INTERPRETER
from ..judging.links import HOST
from .block import Lines, Section
from .evidence import Evidence
from .latency import is_invalid
from .targets import places_of

NO_PHONE = "No file ran on a phone: nothing here says how fast or how close one would be there."
RANDOM = (
    "The weights are random: structure, sizes and times hold, but SQNR, agreement and INT8 say"
    " nothing about a trained model."
)


def limits_section(evidence: Evidence) -> Section:
    """What nobody may conclude from the rest."""
    return Section("limits", "Not verified", "", (Lines(tuple(limits_of(evidence))),))


def limits_of(evidence: Evidence) -> list[str]:
    """What is not verified, a line each."""
    manifest = evidence.manifest
    lines = [] if manifest.source.fit_for_accuracy else [RANDOM]
    places = places_of(evidence)
    if not any(place.is_phone for place in places):
        lines.append(NO_PHONE)
    if [place.name for place in places] == [HOST]:
        lines.append(
            f"Files ran on {places[0].machine} alone: ARM processors and GPU delegates are not"
            " verified."
        )
    lines += [
        f"{place.name} is {place.caveat}."
        for place in places
        if place.caveat and place.name != HOST
    ]
    for runtime, text in STAND_INS.items():
        files = [item.file.path for item in manifest.artifacts if item.runtime == runtime]
        if files:
            mac = _mac(evidence) if runtime == INTERPRETER else ""
            lines.append(f"{', '.join(files)}: {text}.{mac}")
    lines += [
        f"{item.file.path}: never run, {item.not_run}."
        for item in manifest.artifacts
        if item.not_run
    ]
    if any(item.format == "executorch" for item in manifest.artifacts):
        lines.append(f"How apps call .pte files is theirs to check: {CONTIGUOUS_INPUTS}.")
    lines += _accuracy(evidence)
    if evidence.bench and any(map(is_invalid, evidence.bench.benchmarks)):
        lines.append("A benchmark is INVALID: the machine was too unsteady for its figures.")
    return lines


def _mac(evidence: Evidence) -> str:
    if evidence.verify and evidence.verify.mac:
        return " A Mac ran them on the golden vectors: see Parity."
    if evidence.strange_scripts:
        return f" Core ML has not run them. {'; '.join(evidence.strange_scripts)}."
    return " Core ML has not run them; check_on_mac.py in the bundle does, on a Mac."


def _accuracy(evidence: Evidence) -> list[str]:
    """How far accuracy reaches."""
    parity = next((item.parity for item in evidence.manifest.artifacts if item.parity), None)
    if parity is None:
        return ["No file was compared with the model."]
    if parity.measured is None:
        return ["Accuracy: no images were given of which it is known what they show."]
    return [
        f"Accuracy holds for {parity.images:,} {parity.data}, with images prepared as stated under"
        " Model; other images and other preprocessing are not verified."
    ]
