"""The documented fields are those of the code; LOWFORMER_EDGE_RECORD=1 writes them anew."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
from pathlib import Path

import pytest

from lowformer_edge.calibration.recipe import KINDS, PRECISIONS, VERSION, Recipe, Rule
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import backbone_cost, head_cost
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.models.variants import VARIANTS, variant

PAGE = Path(__file__).parents[2] / "docs" / "model-and-recipe.md"
DOCUMENTED = {
    "model": LowFormerConfig,
    "detection": DetectionHead,
    "segmentation": SegmentationHead,
    "rule": Rule,
}

JSON_TYPES = {
    "str": "string",
    "str | None": "string",
    "int": "integer",
    "int | None": "integer",
    "float": "number",
    "bool": "boolean",
    "tuple[int, ...]": "list of integers",
    "tuple[tuple[int, ...], ...]": "list of lists of integers",
    "Size": "integer, or list of two",
    "DenseHead | None": "object",
}


def table_of(record: type) -> str:
    """The fields of a dataclass: type, default, and what its docstring says of each."""
    meanings = meanings_of(inspect.getdoc(record) or "")
    rows = ["| field | type | default | |", "|---|---|---|---|"]
    for field in dataclasses.fields(record):
        is_required = field.default is dataclasses.MISSING
        default = "" if is_required or field.default is None else f"`{json.dumps(field.default)}`"
        shown = JSON_TYPES[str(field.type)]
        rows.append(f"| `{field.name}` | {shown} | {default} | {meanings[field.name]} |")
    return "\n".join(rows)


def meanings_of(docstring: str) -> dict[str, str]:
    """What a docstring in Google's style says of each attribute, as Markdown."""
    _, _, attributes = docstring.partition("Attributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", attributes, re.MULTILINE)
    lines = {name: re.sub(r"\s+", " ", text) for name, text in found}
    return {name: markdown(text) for name, text in lines.items()}


def markdown(text: str) -> str:
    shown = {":data:`PRECISIONS`": PRECISIONS, ":data:`KINDS`": KINDS}
    for role, names in shown.items():
        text = text.replace(role, ", ".join(f"`{name}`" for name in names))
    return text.replace("``", "`")


def section(name: str) -> str:
    return rf"(?<=<!-- {name} -->\n)(.*?)(?=<!-- /{name} -->)"


def hold(name: str, table: str) -> None:
    """Holds a section of the page to a table, or writes it."""
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("LOWFORMER_EDGE_RECORD"):
        page = re.sub(section(name), lambda match: table, page, flags=re.DOTALL)
        PAGE.write_text(page, encoding="utf-8")
    found = re.search(section(name), page, re.DOTALL)
    assert found
    assert found[1] == table


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_page_has_the_fields_of_the_code(name: str) -> None:
    hold(name, table_of(DOCUMENTED[name]) + "\n")


def test_the_page_has_what_heads_cost() -> None:
    rows = ["| | backbone | usual head | 64 channels |", "|---|---|---|---|"]
    for task, convs in (("detection", 2), ("segmentation", None)):
        for name in ("b0", "b1", "b2", "e1"):
            usual = variant(name).for_task(task)
            small = variant(name).for_task(task, channels=64, convs=convs)
            costs = [backbone_cost(usual.replace(input_size=320))]
            costs += [head_cost(one.replace(input_size=320)) for one in (usual, small)]
            numbers = " | ".join(f"{cost.macs / 1e9:.1f}" for cost in costs)
            rows.append(f"| {name.upper()}, {task} | {numbers} |")
    hold("cost", "\n".join(rows) + "\n")


def examples() -> list[str]:
    """The page's JSON: of a model, and of a recipe."""
    return re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_first_example_is_the_model_that_it_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(examples()[0])
    same = {"name": "b0-signs", "num_classes": 43, "input_size": (192, 256)}
    assert LowFormerConfig.from_json(path) == VARIANTS["b0"].replace(**same)


def test_the_second_example_is_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(examples()[1])
    assert len(Recipe.read(path).rules) == 3
    assert json.loads(examples()[1])["version"] == VERSION


@pytest.mark.parametrize("op", KINDS)
def test_kinds_of_ops_are_documented(op: str) -> None:
    assert f"`{op}`" in PAGE.read_text(encoding="utf-8")
