"""What is said of files that a library cannot read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import ArtifactError, LowFormerEdgeError
from ..process.text import one_line


@contextlib.contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Turns whatever a library raises within the block into one kind of error.

    Libraries' readers trust what they read: what they raise on damage is whatever it happens to
    lead to, from indices beyond a list to names that are no UTF-8.

    Raises:
        ArtifactError: The library failed.
    """
    try:
        yield
    except (LowFormerEdgeError, MemoryError, ImportError):
        raise
    except Exception as error:
        reason = one_line(error) or type(error).__name__
        raise ArtifactError(
            f"{path}: damaged, or made for another runtime ({reason}); export it again"
        ) from error
