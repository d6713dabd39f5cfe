"""How the threads of numeric libraries wait for each other."""

from __future__ import annotations

import os

POLICY = "OMP_WAIT_POLICY"
"""What OpenMP, by which PyTorch computes, reads when it is loaded."""

ASLEEP = "passive"


def let_threads_sleep() -> None:
    """Has OpenMP's threads sleep while they wait, where the environment says nothing of it.

    By default they spin, and on a busy machine each waits that way for one that does not get a
    core: with two threads beside three other programs on two cores B0's calibration took 15 to 24
    CPU seconds, and 2.2 with threads that sleep. What they compute is the same to the bit; one
    thread alone sums in another order. To be called before PyTorch is loaded.
    """
    os.environ.setdefault(POLICY, ASLEEP)
