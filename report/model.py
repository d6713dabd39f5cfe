"""The section about the model."""

from __future__ import annotations

import json

from ..artifact.manifest import Pruning
from ..artifact.preprocessing_text import described_sources
from ..artifact.size import shown_size
from ..errors import ConfigError
from ..models.config import LowFormerConfig
from ..models.cost import Cost, cost_of
from ..tasks.registry import task_of
from .block import Block, Cell, Column, Facts, Hidden, Section, Table
from .evidence import Evidence
from .numerals import counted, millions
from .pruning import pruned_fact, pruning_blocks

FEW_LABELS = 6


def model_section(evidence: Evidence) -> Section:
    """What the model is, and where its weights came from."""
    manifest = evidence.manifest
    preprocessing = manifest.preprocessing_spec()
    source = manifest.source
    shown = shown_size(preprocessing.size).replace("x", "×")
    items = [("Name", manifest.name, "")]
    cost = known_cost(evidence)
    if cost:
        items += [
            ("Parameters", millions(cost.parameters), ""),
            ("Multiply-accumulates", millions(cost.macs), f"one image of {shown} pixels"),
        ]
    pruning = manifest.pruning
    if pruning:
        items.append(pruned_fact(pruning))
    items += [
        ("Input", f"RGB, {shown} pixels", ""),
        ("Classes", _classes(evidence), _first_labels(evidence.labels)),
        (
            "Preprocessing",
            f"{preprocessing.description}, scale to [0, 1], normalise",
            f"mean {_numbers(preprocessing.mean)}; std {_numbers(preprocessing.std)};"
            f" {described_sources(preprocessing, manifest.preprocessing_sources)}",
        ),
        ("Checkpoint", source.name, f"SHA-256 {source.sha256}" if source.sha256 else "no file"),
    ]
    if source.taken:
        items.append(("Weights", source.taken, "of several sets in the checkpoint"))
    blocks: list[Block] = [Facts(tuple(items))]
    if pruning:
        blocks += pruning_blocks(pruning, _lost_measure(pruning, manifest.task))
    blocks.append(_config(manifest.model))
    if len(evidence.labels) > FEW_LABELS:
        rows = [(Cell(str(number)), Cell(label)) for number, label in enumerate(evidence.labels)]
        columns = (Column("Index", is_text=True), Column("Class", is_text=True))
        names = Table.of("Class names in the order of the logits", columns, rows)
        blocks.append(Hidden(f"All {len(rows)} class names", (names,)))
    return Section("model", "Model", "", tuple(blocks))


def _lost_measure(pruning: Pruning, task: str) -> str:
    """What the losses are points of."""
    is_measured = any(loss.parity.measured for loss in pruning.losses.values())
    return task_of(task).measure if is_measured else "agreement"


def known_cost(evidence: Evidence) -> Cost | None:
    """What the model costs; None where its config is none that can be counted."""
    try:
        config = LowFormerConfig.from_dict(evidence.manifest.model)
    except ConfigError:
        return None
    size = evidence.manifest.preprocessing_spec().size
    return cost_of(config.replace(input_size=size)) if size == config.input_size else None


def _classes(evidence: Evidence) -> str:
    return str(evidence.manifest.num_classes)


def _first_labels(labels: tuple[str, ...]) -> str:
    if not labels:
        return "without names"
    more = ", …" if len(labels) > FEW_LABELS else ""
    return ", ".join(labels[:FEW_LABELS]) + more


def _config(model: dict[str, object]) -> Hidden:
    rows = [(Cell(name), Cell(json.dumps(value).strip('"'))) for name, value in model.items()]
    columns = (Column("Field", is_text=True), Column("Value", is_text=True))
    table = Table.of("The config that the model was built from", columns, rows)
    return Hidden(counted(len(rows), "field") + " of the variant's config", (table,))


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
