"""The peers' table and ncnn's INT8 file; the peers themselves are run by ``make peers`` alone."""

from __future__ import annotations

import numpy as np
import pytest

from lowformer_edge.benchmarks.peers.arm import Counted
from lowformer_edge.benchmarks.peers.contenders import (
    CONTENDERS,
    FLOAT,
    INT8,
    OURS,
    PLACES,
    STOCK,
    Contender,
)
from lowformer_edge.benchmarks.peers.conversions import CONVERSIONS
from lowformer_edge.benchmarks.peers.environment import PEERS, pins
from lowformer_edge.benchmarks.peers.ncnn_int8 import INT8_TAG, quantized, read_layers
from lowformer_edge.benchmarks.peers.table import CLASSES, Found, counts_table, times_table, wins
from lowformer_edge.benchmarks.peers.turns import Timed
from lowformer_edge.runtime.measure.durations import LatencyResult
from lowformer_edge.runtime.measure.instructions import InstructionCount

PEER = Contender("peer INT8", INT8, "peer", "peer/file")
OURS_FLOAT = Contender("ours, fp32", FLOAT, "project", "ours/file")
PEER_FLOAT = Contender("peer fp32", FLOAT, "peer", "peer/file")


def timed(milliseconds: float) -> Timed:
    return Timed(30.0, LatencyResult(np.full(10, milliseconds)))


def counted(instructions: int) -> Counted:
    return Counted(30.0, InstructionCount(instructions, dict.fromkeys(CLASSES, 0)))


def test_the_fastest_is_first_with_its_ratios() -> None:
    lines = times_table({STOCK: timed(20), PEER: timed(8), OURS: timed(5)}).splitlines()[2:]
    assert [line.split(" | ")[0].strip("| ") for line in lines] == [
        OURS.name,
        PEER.name,
        STOCK.name,
    ]
    assert "8.00 / 8.00 | 1.600 (1.600-1.600) | 0.400 (0.400-0.400) |" in lines[1]


def test_a_failure_is_a_row_with_its_reason() -> None:
    *_, last = times_table({PEER: "was ended by SIGSEGV", OURS: timed(5)}).splitlines()
    assert last == "| peer INT8 | was ended by SIGSEGV | - | - | - |"


def test_the_fewest_instructions_are_first_in_millions() -> None:
    found: Found = {PEER: counted(20_000_000), OURS: counted(10_000_000)}
    _, _, ours, peer = counts_table(found).splitlines()
    assert ours == f"| {OURS.name} | 30.0 | 10.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 1.00 | - |"
    assert peer == "| peer INT8 | 30.0 | 20.0 | 0.0 | 0.0 | 0.0 | 0.0 | 0.0 | 2.00 | - |"


def test_who_wins_is_said_for_each_kind() -> None:
    found = {
        OURS: counted(100),
        PEER: counted(120),
        OURS_FLOAT: counted(300),
        PEER_FLOAT: counted(210),
    }
    integer, floating = wins(found, "cortex-a76")
    assert "no peer wins" in integer
    assert "peer INT8 1.20" in integer
    assert "**peers win**" in floating
    assert "peer fp32 0.70" in floating


def test_every_contender_comes_from_a_conversion() -> None:
    assert {one.folder for one in CONTENDERS} <= set(CONVERSIONS)
    assert len({one.name for one in CONTENDERS}) == len(CONTENDERS)
    assert all(set(one.places) <= set(PLACES) for one in CONTENDERS)


def test_every_peer_has_an_exact_version() -> None:
    assert set(PEERS) <= set(pins())
    assert all(version[0].isdigit() for version in pins().values())


TEXT = """7767517
3 3
Input in0 0 1 in0
Convolution conv 1 1 in0 a 0=2 1=1 5=1 6=4
GroupNorm norm 1 1 a out0 0=1 1=2 2=1e-5 3=1
"""


def floats(*values: float) -> bytes:
    return np.array(values, np.float32).tobytes()


def test_convolutions_of_ncnn_are_quantized_and_the_rest_stays() -> None:
    bias, norm = floats(5, 6), floats(1, 1, 0, 0)
    weights = bytes(4) + floats(1, -2, 4, 1) + bias + norm
    text, made = quantized(TEXT, weights, {"conv": 127.0})
    _, conv, group_norm = read_layers(text)
    assert conv.parameters[8] == "2"
    assert group_norm.line == TEXT.splitlines()[-1]
    values = np.array([64, -127, 127, 32], np.int8).tobytes()
    tag = np.uint32(INT8_TAG).tobytes()
    assert made == tag + values + bias + floats(63.5, 31.75, 1) + norm


def test_weights_of_another_text_are_refused() -> None:
    weights = bytes(4) + floats(*range(10)) + b"more"
    with pytest.raises(ValueError, match="4 bytes of ncnn's weights belong to no layer"):
        quantized(TEXT, weights, {"conv": 1.0})
