"""Recipes: which precision each op of a model gets."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import UsageError
from ..models.values_file import read_values
from .ranges import QUANTIZABLE

VERSION = 1

KINDS = ("conv", "depthwise_conv", "transposed_conv", "linear")
"""Kinds of ops that have weights and can be quantized."""

PRECISIONS = ("fp32", "fp16", "int8", "int8-dynamic", "int8-weights", "w8a16")


@dataclasses.dataclass(frozen=True)
class Rule:
    """Gives a precision to the ops that it matches.

    A rule with neither ``name`` nor ``op`` is global and matches every op.

    Attributes:
        precision: One of :data:`PRECISIONS`.
        name: A regular expression, searched for in the module's path.
        op: One of :data:`KINDS`.
    """

    precision: str
    name: str | None = None
    op: str | None = None

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UsageError(
                f"recipe: precision {self.precision!r} is unknown; choose one of"
                f" {', '.join(PRECISIONS)}"
            )
        if self.op is not None and not isinstance(self.op, str):
            raise UsageError(f"recipe: op must be a text, not {self.op!r}")
        try:
            re.compile(self.name or "")
        except (re.error, TypeError) as error:
            raise UsageError(
                f"recipe: {self.name!r} is not a regular expression ({error})"
            ) from error

    @property
    def rank(self) -> int:
        """Order of precedence: global, then by op, then by name."""
        return 2 if self.name is not None else int(self.op is not None)

    def matches(self, path: str, kind: str) -> bool:
        """Whether the rule speaks of the module at ``path``."""
        if self.op is not None and self.op != kind:
            return False
        return self.name is None or re.search(self.name, path) is not None


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Rules for a whole model.

    A rule by name outranks one by op, which outranks a global one; among equals the later wins.
    An op that no rule matches stays in float32.

    Attributes:
        rules: In any order.
        strict: Whether a rule that matches no op of a model is a mistake.
    """

    rules: tuple[Rule, ...]
    strict: bool = dataclasses.field(default=True, compare=False)

    def precision(self, path: str, kind: str) -> str:
        """The precision of one op."""
        matching = [rule for rule in self.rules if rule.matches(path, kind)]
        ranked = sorted(matching, key=lambda rule: rule.rank)
        return ranked[-1].precision if ranked else "fp32"

    def assign(self, model: nn.Module) -> dict[str, str]:
        """The precision of every quantizable module of a model, by path, in its order.

        Raises:
            UsageError: A rule matches nothing, so that it is a mistake.
        """
        kinds = quantizable_kinds(model)
        for rule in self.rules if self.strict else ():
            if kinds and not any(rule.matches(path, kind) for path, kind in kinds.items()):
                raise UsageError(
                    f"recipe: no op of the model fits the rule {rule_text(rule)}; the model has"
                    f" {', '.join(sorted(set(kinds.values())))} with paths such as"
                    f" {next(iter(kinds))}"
                )
        return {path: self.precision(path, kind) for path, kind in kinds.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the version."""
        rules = [
            {key: value for key, value in dataclasses.asdict(rule).items() if value is not None}
            for rule in self.rules
        ]
        return {"version": VERSION, "rules": rules}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Recipe:
        """Builds a recipe from plain values.

        Raises:
            UsageError: The version, a field or a value is unknown.
        """
        if fields.get("version") != VERSION:
            raise UsageError(
                f"recipe: version {fields.get('version')!r} is not readable, only {VERSION} is"
            )
        unknown = set(fields) - {"version", "rules"}
        rules = fields.get("rules")
        if unknown or not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
            raise UsageError("recipe: needs exactly 'version' and 'rules', a list of objects")
        known = {field.name for field in dataclasses.fields(Rule)}
        for rule in rules:
            if set(rule) - known or "precision" not in rule:
                raise UsageError(
                    f"recipe: the rule {rule} needs a precision, and may have a name and an op"
                )
        return cls(tuple(Rule(**rule) for rule in rules))

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Reads a recipe from a JSON file.

        Raises:
            UsageError: The file cannot be read or is no recipe.
        """
        try:
            fields = read_values(path)
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: not a readable JSON recipe ({error})") from error
        if not isinstance(fields, dict):
            raise UsageError(f"{path}: a recipe is a JSON object")
        return cls.from_dict(fields)


def rule_text(rule: Rule) -> str:
    """A rule as its JSON file has it."""
    return json.dumps(Recipe((rule,)).to_dict()["rules"][0])


def kind_of(module: nn.Module) -> str | None:
    """The kind of a quantizable module, or None for any other."""
    if isinstance(module, nn.ConvTranspose2d):
        return "transposed_conv"
    if isinstance(module, nn.Conv2d):
        return "depthwise_conv" if is_depthwise(module) else "conv"
    return "linear" if isinstance(module, QUANTIZABLE) else None


def is_depthwise(module: nn.Conv2d) -> bool:
    """Whether each output comes from one input channel; so it does where there is but one."""
    return module.groups == module.in_channels


def quantizable_kinds(model: nn.Module) -> dict[str, str]:
    """The kind of every quantizable module by path, in the model's order."""
    kinds = {path: kind_of(module) for path, module in model.named_modules()}
    return {path: kind for path, kind in kinds.items() if kind is not None}


def uniform(precision: str, exceptions: Iterable[tuple[str, str]] = ()) -> Recipe:
    """A recipe with one precision for all ops but some kinds.

    Args:
        precision: Of all other ops.
        exceptions: Pairs of a kind, which a model need not have, and its precision.
    """
    return Recipe(
        (Rule(precision), *(Rule(other, op=kind) for kind, other in exceptions)),
        strict=False,
    )
