"""What a checkpoint holds, as a table."""

from __future__ import annotations

from rich import box
from rich.table import Table

from ...artifact.results.checkpoint import CheckpointResult, WeightSetResult
from ...artifact.size import shown_size
from ..terminal import result_console

_MILLION = 1e6
_AT_THE_TOP = "(at the top)"
_FEW_LABELS = 6


def print_checkpoint(found: CheckpointResult) -> None:
    """Prints a table of the sets of weights, and what the file states beside them."""
    console = result_console()
    shards = f", in {len(found.files)} shards" if len(found.files) > 1 else ""
    lines = [f"{found.path}: {found.bytes / _MILLION:.2f} MB{shards}"]
    console.print(lines[0], soft_wrap=True)
    console.print(_table(found))
    for line in _lines(found):
        console.print(line, soft_wrap=True)


def _table(found: CheckpointResult) -> Table:
    """One row per set."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("weights", no_wrap=True)
    for heading in ("tensors", "parameters M"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("types", "names", "fits"):
        table.add_column(heading)
    for one in found.sets:
        table.add_row(
            one.key or _AT_THE_TOP,
            str(one.tensors),
            f"{one.parameters / _MILLION:.3f}",
            ", ".join(one.dtypes),
            one.names,
            _fit(one),
        )
    return table


def _fit(one: WeightSetResult) -> str:
    task = f" for {one.task}" if one.head else ""
    classes = f", {one.classes} classes" if one.classes else ""
    return (one.variant or "-") + task + classes


def _described_head(head: dict[str, object]) -> str:
    sizes = ", ".join(f"{name} {value}" for name, value in head.items() if name != "task")
    return f"head for {head['task']}: {sizes}"


def _lines(found: CheckpointResult) -> list[str]:
    lines = []
    for one in found.sets:
        name = one.key or _AT_THE_TOP
        groups = "; ".join(
            f"{group} {held.tensors} tensors, {held.parameters:,} parameters"
            for group, held in one.groups.items()
        )
        lines.append(f"{name}: {groups}")
        if one.prefix:
            lines.append(f"{name}: the names begin with {one.prefix}")
        if one.head:
            lines.append(f"{name}: {_described_head(one.head)}")
        if one.averaged:
            lines.append(f"{name}: averaged over training")
        if one.nearest:
            lines.append(f"{name}: {one.nearest}")
    if len(found.sets) > 1:
        lines.append(f"taken if no other one is chosen: {found.taken or _AT_THE_TOP}")
    if found.input_size:
        lines.append(f"input: {shown_size(found.input_size)} pixels")
    for heading, values in (("preprocessing", found.preprocessing), ("states", found.stated)):
        if values:
            lines.append(f"{heading}: {', '.join(f'{name} {v}' for name, v in values.items())}")
    if found.labels:
        more = ", ..." if len(found.labels) > _FEW_LABELS else ""
        lines.append(f"labels: {', '.join(found.labels[:_FEW_LABELS])}{more}")
    return lines
