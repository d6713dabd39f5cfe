"""Reading what the instruction counter wrote."""

from __future__ import annotations

import pytest

from lowformer_edge.runtime.measure.instructions import InstructionCount, mark, read_counts

TEXT = """\
0 all=2520347844 dot-product=12 load-store=898574986
1 all=92103127 dot-product=60037792 load-store=15804234
0 all=100 dot-product=0 load-store=50
2 all=92103128 dot-product=60037792 load-store=15804235
"""


def test_only_what_lies_between_marks_counts() -> None:
    assert read_counts(TEXT) == [
        InstructionCount(92103127, {"dot-product": 60037792, "load-store": 15804234}),
        InstructionCount(92103128, {"dot-product": 60037792, "load-store": 15804235}),
    ]
    assert read_counts("") == []


@pytest.mark.parametrize("text", ["1 dot-product\n", "one all=1\n", "1 all=many\n"])
def test_what_the_counter_did_not_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        read_counts(text)


def test_a_mark_does_nothing_without_a_counter() -> None:
    mark(0)
