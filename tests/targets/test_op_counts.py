from __future__ import annotations

from lowformer_edge.runtime.profile import OpTime, Profile
from lowformer_edge.targets.op_counts import OpCount, OpCounts, counts_of


def test_a_microsecond_is_an_instruction() -> None:
    profile = Profile("LiteRT", 1, (OpTime("conv", "a", 2214.265), OpTime("add", "b", 0.0)))
    ops = (OpCount("conv", "a", 2214265), OpCount("add", "b", 0))
    assert counts_of(profile) == OpCounts("LiteRT", ops)


def test_why_there_are_none() -> None:
    assert counts_of(Profile("LiteRT", 0, (), "no profiler")).missing == "no profiler"
