"""The section about how closely each file follows the model, wherever it ran."""

from __future__ import annotations

from ..artifact.manifest import ArtifactRecord, Parity
from ..artifact.results.verify import LinkResult, PlacedResult, VerifyResult
from ..judging.links import EAGER, HOST, half_links
from ..judging.promise import promise_of
from .block import Block, Cell, Column, Group, Lines, Section, Table, Verdict
from .evidence import Evidence
from .numerals import ABSENT, decibels, ends, percent
from .targets import places_of

_ON = " on "
_REWRITES = "The model, rewritten for each format"


def parity_section(evidence: Evidence) -> Section:
    """Every link of the chain from the eager model to each place that ran a file."""
    lead = (
        "SQNR is the power of the reference's outputs over that of the difference; more is closer,"
        f" and of several outputs the worst counts. Same {evidence.task.same} is"
        f" {evidence.task.agreement_is}, with its 95 % interval."
    )
    if evidence.verify is None:
        links = _manifest_links(evidence)
        where = (
            f"Taken when the bundle was exported, on {places_of(evidence)[0].machine}; no"
            " verification on other targets was given to this report."
        )
    else:
        links = evidence.verify.links
        where = f"Taken by lowformer-verify on {evidence.verify.data}."
    blocks: list[Block] = []
    if evidence.verify and len(evidence.verify.targets) > 1:
        blocks.append(_overview(evidence, evidence.verify))
    blocks.append(_chain(links, evidence.task.same))
    if evidence.verify and evidence.verify.mac:
        blocks.append(_mac(evidence.verify, evidence.task.same))
    absent = _not_run(evidence)
    if absent:
        blocks.append(Lines(tuple(absent), "Not run"))
    return Section("parity", "Parity", f"{where} {lead}", tuple(blocks))


def links_of(evidence: Evidence) -> tuple[LinkResult, ...]:
    """Every comparison that was made."""
    return evidence.verify.links if evidence.verify else _manifest_links(evidence)


def _manifest_links(evidence: Evidence) -> tuple[LinkResult, ...]:
    """The links from the eager model to each file where it was exported."""
    trained = evidence.manifest.source.fit_for_accuracy
    artifacts = evidence.manifest.artifacts
    here = [_link(item, item.parity, trained=trained) for item in artifacts if item.parity]
    halves = {item.file.path: item.half for item in artifacts if item.half}
    links = half_links(halves, promise_of("fp16", trained=trained))
    return (*here, *(link.record() for link in links))


def _link(artifact: ArtifactRecord, parity: Parity, *, trained: bool) -> LinkResult:
    promise = promise_of(artifact.precision, trained=trained)
    return LinkResult(
        first=EAGER,
        second=f"{artifact.file.path}{_ON}{HOST}",
        least_db=promise.least_db,
        failure=promise.breach(parity),
        **dict(parity),
    )


def _overview(evidence: Evidence, verify: VerifyResult) -> Table:
    """Each file on each target, by its SQNR to the eager model."""
    found = {link.second: link for link in verify.links if link.first == EAGER}
    placed = {(item.file, item.target): item for item in verify.placed}
    rows = []
    for artifact in evidence.manifest.artifacts:
        name = artifact.file.path
        cells = [
            _overview_cell(found.get(f"{name}{_ON}{target}"), placed.get((name, target)))
            for target in verify.targets
        ]
        rows.append((Cell(name), *cells))
    columns = [Column("File", is_text=True), *(Column(target) for target in verify.targets)]
    return Table.of("SQNR in dB of each file to the eager model, on each target", columns, rows)


def _overview_cell(link: LinkResult | None, placed: PlacedResult | None) -> Cell:
    if link is not None:
        return Cell(decibels(link.sqnr_db), verdict=verdict_of(link))
    if placed is None or placed.not_run is None:
        return Cell("", "not compared")
    return Cell("", "not run") if placed.is_refused else Cell("failed", verdict="bad")


def _chain(links: tuple[LinkResult, ...], same: str) -> Table:
    """All links, by the file that they lead to."""
    columns = (
        Column("Link", is_text=True),
        Column("Verdict", is_text=True),
        Column("SQNR", "dB"),
        Column("Asked", "dB"),
        Column(f"Same {same}", "%"),
        Column("95 % interval"),
        Column("Max difference"),
        Column("Cosine"),
        Column("Images"),
    )
    groups: dict[str, list[tuple[Cell, ...]]] = {}
    for link in links:
        file, on, _ = link.second.rpartition(_ON)
        groups.setdefault(file if on else _REWRITES, []).append(_row(link, file if on else ""))
    return Table(
        "Every link from the eager model to a place that ran a file",
        columns,
        tuple(Group(tuple(rows), heading) for heading, rows in groups.items()),
    )


def _row(link: LinkResult, file: str) -> tuple[Cell, ...]:
    first, second = (name.removeprefix(f"{file}{_ON}") for name in (link.first, link.second))
    verdict = verdict_of(link)
    words = {"good": "pass", "bad": "failed", "open": "not judged"}
    return (
        Cell(f"{first} → {second}"),
        Cell(words[verdict], verdict=verdict),
        Cell(decibels(link.sqnr_db)),
        Cell(ABSENT if link.least_db is None else f"{link.least_db:g}"),
        Cell(percent(link.agreement) if link.agreement else ABSENT),
        Cell(ends(link.agreement.low, link.agreement.high, 1) if link.agreement else ABSENT),
        Cell(f"{link.max_difference:.1e}"),
        Cell(f"{link.cosine:.6f}"),
        Cell(f"{link.images:,}"),
    )


def verdict_of(link: LinkResult) -> Verdict:
    """Whether a link holds."""
    if link.failure:
        return "bad"
    return "open" if link.least_db is None else "good"


def _mac(verify: VerifyResult, same: str) -> Table:
    """What a Mac said of Core ML packages."""
    columns = (
        Column("Package", is_text=True),
        Column("Units", is_text=True),
        Column("SQNR", "dB"),
        Column(f"Same {same}", "%"),
        Column("Median", "ms"),
        Column("p10 to p90", "ms"),
        Column("Failure", is_text=True),
    )
    rows = []
    for item in verify.mac:
        parity, times = item.parity, item.milliseconds
        rows.append(
            (
                Cell(item.package),
                Cell(item.units),
                Cell(decibels(parity.sqnr_db) if parity else ABSENT),
                Cell(percent(parity.agreement if parity else None)),
                Cell(f"{times.median:.2f}" if times else ABSENT),
                Cell(ends(times.p10, times.p90) if times else ABSENT),
                Cell(item.failure or "none", verdict="bad" if item.failure else None),
            )
        )
    return Table.of("Core ML packages on a Mac, on the golden vectors", columns, rows)


def _not_run(evidence: Evidence) -> list[str]:
    """Which files were not run where, a line for each reason."""
    lines = [
        f"{item.file.path}: {item.not_run}" for item in evidence.manifest.artifacts if item.not_run
    ]
    reasons: dict[tuple[str, str], list[str]] = {}
    for item in evidence.verify.placed if evidence.verify else ():
        if item.not_run:
            reasons.setdefault((item.target, item.not_run), []).append(item.file)
    return lines + [
        f"{', '.join(files)} on {target}: {reason}" for (target, reason), files in reasons.items()
    ]
