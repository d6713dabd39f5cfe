"""The table that ends an export."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from ...artifact.caveats import STAND_INS, doubts
from ...artifact.manifest import ArtifactRecord, Interval, Manifest, Measure
from ...artifact.preprocessing_text import described_preprocessing, described_sources
from ...tasks.registry import task_of
from ..terminal import result_console
from .half_precision import described_halves
from .pruning import described_pruning


def print_summary(bundle: Path, manifest: Manifest) -> None:
    """Prints a table of a bundle's artifacts, and what its figures rest on."""
    console = result_console()
    console.print(artifact_table(manifest))
    for line in footnotes(manifest):
        console.print(line, soft_wrap=True)
    console.print(f"bundle: {bundle}", soft_wrap=True)


def artifact_table(manifest: Manifest) -> Table:
    """One row per artifact."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    measure = task_of(manifest.task).heading
    for heading in ("MB", "ops", "partitions", "SQNR dB", "agreement %", measure, "ms", "x fp32"):
        table.add_column(heading, justify="right", no_wrap=True)
    for artifact in manifest.artifacts:
        table.add_row(*_row(artifact))
    return table


def _row(artifact: ArtifactRecord) -> tuple[str | Text, ...]:
    residency, parity, latency = artifact.residency, artifact.parity, artifact.latency
    sqnr = parity.sqnr_db if parity else "-"
    ratio = latency.ratio_to_fp32 if latency else None
    return (
        artifact.file.path,
        f"{artifact.file.bytes / 1e6:.2f}",
        str(sum(artifact.ops.values())),
        str(residency.partitions) if residency else "-",
        sqnr if isinstance(sqnr, str) else f"{sqnr:.1f}",
        _points(parity.agreement if parity else None),
        _points(parity.measured if parity else None),
        f"{latency.median_ms:.2f}" if latency else "-",
        f"{ratio:.2f}" if ratio is not None else "-",
    )


def _points(found: Interval | Measure | None) -> str:
    return f"{found.value:.2f}" if found else "-"


def _preprocessing_line(manifest: Manifest) -> str:
    """What is done with images, and who said so."""
    used = manifest.preprocessing_spec()
    sources = described_sources(used, manifest.preprocessing_sources)
    return f"preprocessing: {described_preprocessing(used)} ({sources})"


def footnotes(manifest: Manifest) -> list[str]:
    """What the table's figures were taken on."""
    lines = [_preprocessing_line(manifest)]
    if manifest.source.taken:
        lines.append(f"weights: {manifest.source.taken}, of several sets in {manifest.source.name}")
    parity = next((item.parity for item in manifest.artifacts if item.parity), None)
    if parity:
        measured, task = parity.measured, task_of(manifest.task)
        accuracy = f"; eager {task.measured(measured.reference)}" if measured else ""
        lines.append(f"parity with the eager model on {parity.images} {parity.data}{accuracy}")
    if manifest.labels is None and manifest.classes_source:
        lines.append(f"classes: {manifest.classes_source}; --labels gives another order")
    if manifest.pruning:
        lines += described_pruning(manifest.pruning, task_of(manifest.task).measure)
    latency = next((item.latency for item in manifest.artifacts if item.latency), None)
    if latency:
        lines.append(
            f"latency: {latency.threads} thread(s), median of {latency.runs} runs in turns with"
            f" fp32 of the same format, on {manifest.machine.get('processor', '?')}"
        )
    calibration = manifest.calibration
    if calibration:
        lines.append(
            f"int8 ranges: {calibration.observer} over {calibration.images} {calibration.data}"
        )
    for runtime, text in STAND_INS.items():
        paths = [item.file.path for item in manifest.artifacts if item.runtime == runtime]
        if paths:
            lines.append(f"{text}: {', '.join(paths)}")
    for artifact in manifest.artifacts:
        modules = artifact.spec.get("float32_modules")
        if modules:
            lines.append(
                f"{artifact.file.path}: in float32, as half precision has no room for what they"
                f" compute: {', '.join(modules)}"
            )
    lines += described_halves(
        {item.file.path: item.half for item in manifest.artifacts if item.half}
    )
    if not manifest.source.fit_for_accuracy:
        lines.append("random weights: SQNR and agreement say nothing about a trained model")
    for artifact in manifest.artifacts:
        if artifact.not_run:
            lines.append(f"{artifact.file.path}: not run, {artifact.not_run}")
        if artifact.residency and artifact.residency.refused:
            refused = ", ".join(f"{n} {kind}" for kind, n in artifact.residency.refused.items())
            lines.append(f"{artifact.file.path}: not delegated: {refused}")
    return lines + [f"warning: {line}" for line in doubts(manifest)]
