"""What nodes keep of where they came from."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.fx.traceback import NodeSource

from lowformer_edge.export.provenance import shared_provenance


def source() -> NodeSource:
    program = torch.export.export(nn.ReLU(), (torch.zeros(1),))
    return NodeSource(next(iter(program.graph.nodes)), "test")


def test_a_copy_is_the_same_entry_within_the_block_alone() -> None:
    entry = source()
    with shared_provenance():
        assert copy.deepcopy([entry])[0] is entry
    assert copy.deepcopy(entry) is not entry


def test_traced_nodes_tell_the_same_history() -> None:
    def history() -> list[dict[str, object]]:
        program = torch.export.export(nn.Hardswish(), (torch.zeros(1),)).run_decompositions()
        return [
            without_numbers(entry.to_dict())
            for node in program.graph.nodes
            for entry in node.meta.get("from_node", ())
        ]

    apart = history()
    assert apart
    with shared_provenance():
        assert history() == apart


def without_numbers(fields: dict[str, object]) -> dict[str, object]:
    """An entry without what differs between any two graphs."""
    inner = fields["from_node"]
    assert isinstance(inner, list)
    return {**fields, "graph_id": 0, "from_node": [without_numbers(one) for one in inner]}
