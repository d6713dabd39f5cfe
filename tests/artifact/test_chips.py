from __future__ import annotations

import pytest

from lowformer_edge.artifact.chips import CHIPS, chip_of
from lowformer_edge.errors import UsageError


def test_chips_have_names_of_their_own() -> None:
    assert list(CHIPS) == [chip.name for chip in CHIPS.values()]
    assert len({chip.soc_model for chip in CHIPS.values()}) == len(CHIPS)
    assert str(chip_of("8gen2")) == "Snapdragon 8 Gen 2 (SM8550, HTP v73)"


def test_an_unknown_chip_is_answered_with_all() -> None:
    with pytest.raises(UsageError, match="chip '8gen9' is unknown") as caught:
        chip_of("8gen9")
    assert all(chip.title in str(caught.value) for chip in CHIPS.values())


def test_chips_without_floats_take_integers_alone() -> None:
    chip_of("8gen2").check("fp16")
    chip_of("8sgen3").check("w8a16")
    with pytest.raises(UsageError, match=r"8s Gen 3 .* computes in integers alone"):
        chip_of("8sgen3").check("fp16")
