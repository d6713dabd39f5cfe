"""Requirements on residency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.manifest import Residency
from lowformer_edge.errors import UsageError
from lowformer_edge.judging.requirement import COMPARISONS, FIGURES, breach, parse_requirement

WHOLE = Residency(delegate="XNNPACK", partitions=1, delegated_ops=100, refused={})
BROKEN = Residency(
    delegate="LiteRT GPU", partitions=0, delegated_ops=4, refused={"BROADCAST_TO": 2, "ARG_MAX": 1}
)


@pytest.mark.parametrize(
    "text", ["partitions<=1", "cpu_ops==0", " partitions == 1 ", "delegated_ops > 99", "cpu_ops<1"]
)
def test_what_a_whole_file_keeps(text: str) -> None:
    assert breach([parse_requirement(text)], WHOLE) is None


def test_a_breach_names_ops_and_their_cure() -> None:
    required = [parse_requirement(text) for text in ("partitions<=1", "cpu_ops==0")]
    reason = breach(required, BROKEN)
    assert reason is not None
    assert reason.startswith("breaks cpu_ops==0 with 3; LiteRT GPU refuses 2 BROADCAST_TO, ")
    assert "1 ARG_MAX" in reason
    assert "BROADCAST_TO: GroupNorm with weights of 1" in reason


@pytest.mark.parametrize(
    "text",
    ["", "partitions", "partitions<=", "ops=0", "cpu_ops<=-1", "a<=1", f"cpu_ops<={'9' * 5000}"],
)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError, match="not a condition such as partitions<=1"):
        parse_requirement(text)


@given(
    st.sampled_from(sorted(FIGURES)),
    st.sampled_from(sorted(COMPARISONS)),
    st.integers(0, 200),
    st.sampled_from([WHOLE, BROKEN]),
)
def test_a_condition_means_what_it_says(
    figure: str, comparison: str, bound: int, found: Residency
) -> None:
    requirement = parse_requirement(f"{figure}{comparison}{bound}")
    assert str(requirement) == f"{figure}{comparison}{bound}"
    value = FIGURES[figure](found)
    holds = {
        "<=": value <= bound,
        ">=": value >= bound,
        "==": value == bound,
        "<": value < bound,
        ">": value > bound,
    }[comparison]
    assert requirement.holds(found) == holds
