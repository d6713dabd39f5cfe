"""Which ops of a TFLite graph a delegate took.

LiteRT's interpreter has no public way to list its execution plan. This module reads
``Interpreter._get_ops_details``, a private method, which lists the original ops and, behind
them, one DELEGATE node for each partition; the plan is found by walking back from the outputs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import MissingDependencyError
from ..damage import telling_damage
from ..residency import OpRecord, Residency
from .runner import open_interpreter

DELEGATE = "XNNPACK"

_DELEGATE = "DELEGATE"


def residency(path: Path, threads: int = 1) -> Residency:
    """Finds out what XNNPACK takes of a file, by loading it.

    Raises:
        ArtifactError: The file cannot be loaded.
        MissingDependencyError: This version of ai-edge-litert does not tell.
    """
    interpreter = open_interpreter(path, threads)
    details = getattr(interpreter, "_get_ops_details", None)
    if details is None:
        raise MissingDependencyError(
            "this version of ai-edge-litert does not list its ops; install the pinned version"
        )
    with telling_damage(path):
        nodes: list[dict[str, Any]] = details()
        names = {tensor["index"]: tensor["name"] for tensor in interpreter.get_tensor_details()}
        outputs = [tensor["index"] for tensor in interpreter.get_output_details()]
        return _residency(nodes, names, outputs)


def _residency(nodes: list[dict[str, Any]], names: dict[int, str], outputs: list[int]) -> Residency:
    """Where ops run, by what the interpreter lists of them."""
    plan = _execution_plan(nodes, outputs)
    return Residency(
        delegate=DELEGATE,
        ops=tuple(
            OpRecord(
                node["op_name"],
                names.get(int(node["outputs"][0]), ""),
                delegated=node["index"] not in plan,
            )
            for node in nodes
            if node["op_name"] != _DELEGATE
        ),
        partitions=sum(node["op_name"] == _DELEGATE and node["index"] in plan for node in nodes),
    )


def _execution_plan(nodes: list[dict[str, Any]], outputs: list[int]) -> set[int]:
    """Indices of the nodes that run, found from the outputs backwards.

    A tensor that a DELEGATE node makes is also the output of an original op, which is then not
    run; so DELEGATE nodes come last in ``producers`` and win.
    """
    in_order = sorted(nodes, key=lambda node: node["op_name"] == _DELEGATE)
    producers = {int(tensor): node for node in in_order for tensor in node["outputs"]}
    plan: set[int] = set()
    waiting = [producers[tensor] for tensor in outputs if tensor in producers]
    while waiting:
        node = waiting.pop()
        if node["index"] in plan:
            continue
        plan.add(node["index"])
        waiting += [producers[int(tensor)] for tensor in node["inputs"] if int(tensor) in producers]
    return plan
