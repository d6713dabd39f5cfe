"""What ImageNet's development kit says of classes, read in a process of its own.

SciPy's reader of MATLAB's files trusts them: a damaged one can end the process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from ...errors import ArtifactError
from ...process.text import one_line
from ...runtime.work.fresh_process import ask, started
from ...runtime.work.measuring import serve
from ...runtime.work.request import Request

COMMAND = started("lowformer_edge.calibration.data.kit_classes")

_REASON = 200
"""Characters that are shown of what SciPy says."""


class KitRequest(Request):
    """Reads the WordNet ids of a kit's ``meta.mat`` by ILSVRC2012_ID."""

    task: Literal["kit"] = "kit"
    answer = dict[int, str]
    files: tuple[Path]

    @property
    def inferences(self) -> int:
        """See :class:`Request`: there are none."""
        return 0

    def measure(self) -> dict[int, str]:
        """See :class:`Request`."""
        from scipy.io import loadmat

        (path,) = self.files
        try:
            synsets: Any = loadmat(path, squeeze_me=True)["synsets"]
            return {int(one["ILSVRC2012_ID"]): str(one["WNID"]) for one in synsets.ravel()}
        except Exception as error:  # SciPy raises whatever its parser meets
            raise ArtifactError(one_line(error)[:_REASON]) from error


def read_kit_classes(path: Path) -> dict[int, str]:
    """The WordNet ids of a kit's ``meta.mat`` by ILSVRC2012_ID.

    Raises:
        ArtifactError: It is damaged.
        CheckError: It ended the process that read it.
    """
    found = ask(KitRequest(files=(path,), threads=1), COMMAND)
    assert isinstance(found, dict)
    return found


if __name__ == "__main__":
    sys.exit(serve(TypeAdapter(KitRequest)))
