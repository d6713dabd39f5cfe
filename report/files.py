"""The section about the bundle's files."""

from __future__ import annotations

from ..artifact.formats import FORMATS
from ..artifact.manifest import ArtifactRecord, Manifest, Tensor
from .block import Cell, Column, Group, Hidden, Meter, Section, Table
from .evidence import Evidence
from .numerals import ABSENT, counted, megabytes


def files_section(evidence: Evidence) -> Section:
    """What the files are, and how large."""
    manifest = evidence.manifest
    columns = (
        Column("File", is_text=True),
        Column("Precision", is_text=True),
        Column("Size", "MB"),
        Column("Of fp32"),
        Column("Ops"),
        Column("Input", is_text=True),
        Column("Output", is_text=True),
    )
    largest = max((item.file.bytes for item in manifest.artifacts), default=0) or 1
    groups = []
    for name, items in by_format(manifest).items():
        rows = [_row(item, manifest, largest) for item in items]
        groups.append(Group(tuple(rows), format_name(name)))
    table = Table("Files by format, with their size beside float32's", columns, tuple(groups))
    total = sum(record.bytes for record in manifest.files())
    return Section(
        "files",
        "Files",
        f"{counted(len(manifest.artifacts), 'exported file')} and"
        f" {counted(len(manifest.files()) - len(manifest.artifacts), 'other')},"
        f" {megabytes(total)} MB together.",
        (table, _digests(manifest)),
    )


def by_format(manifest: Manifest) -> dict[str, list[ArtifactRecord]]:
    """The artifacts of each target, in the manifest's order."""
    found: dict[str, list[ArtifactRecord]] = {}
    for item in manifest.artifacts:
        found.setdefault(item.format, []).append(item)
    return found


def format_name(target: str) -> str:
    """What people call a target's format."""
    return FORMATS[target].title if target in FORMATS else target


def share_of_fp32(artifact: ArtifactRecord, manifest: Manifest) -> float | None:
    """A file's size over that of the same format's float32 file; None where there is none."""
    for item in by_format(manifest)[artifact.format]:
        if item.precision == "fp32" and item.file.bytes:
            return artifact.file.bytes / item.file.bytes
    return None


def _row(artifact: ArtifactRecord, manifest: Manifest, largest: int) -> tuple[Cell, ...]:
    share = share_of_fp32(artifact, manifest)
    return (
        Cell(artifact.file.path),
        Cell(artifact.precision, _options(artifact)),
        Cell(megabytes(artifact.file.bytes), meter=Meter(artifact.file.bytes / largest)),
        Cell(ABSENT if share is None else f"{share:.2f}"),
        Cell(str(sum(artifact.ops.values()))),
        Cell(*_tensors(artifact.inputs)),
        Cell(*_tensors(artifact.outputs)),
    )


def _options(artifact: ArtifactRecord) -> str:
    """What sets a file apart from others of its precision."""
    spec = artifact.spec
    options = spec.get("options") or {}
    words = []
    if spec.get("input") == "image":
        words.append("takes pixels")
    if spec.get("output") == "probabilities":
        words.append("gives probabilities")
    if options.get("io", "float") != "float":
        words.append(f"{options['io']} inputs and outputs")
    if options.get("upsampling"):
        words.append(f"upsampling by {options['upsampling']}")
    if options.get("backend"):
        words.append(str(options["backend"]))
    if options.get("deployment_target"):
        words.append(f"{options['deployment_target']} and later")
    return ", ".join(words)


def _tensors(tensors: tuple[Tensor, ...]) -> tuple[str, str]:
    """What tensors hold, and their names and shapes."""
    kinds = ", ".join(f"{tensor.dtype} {tensor.layout}".strip() for tensor in tensors)
    shapes = ", ".join(
        f"{tensor.name} {' × '.join(map(str, tensor.shape)) or 'scalar'}" for tensor in tensors
    )
    return shapes, kinds


def _digests(manifest: Manifest) -> Hidden:
    columns = (Column("File", is_text=True), Column("SHA-256", is_text=True))
    rows = [(Cell(item.path), Cell(item.sha256)) for item in manifest.files()]
    return Hidden("Digests of all files", (Table.of("SHA-256 of each file", columns, rows),))
