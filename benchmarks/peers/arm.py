"""Instructions on emulated ARM processors, of the peers' own ARM packages."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence

import numpy as np

from ...lab.arm import NAME, PYTHON, QEMU_PACKAGE, counting_emulator, worker_environment
from ...lab.place import open_lab
from ...process.replacing import replaced_file
from ...progress import Progress
from ...runtime.measure.instructions import InstructionCount, read_counts
from ...targets.worker_process import job_folder
from .contenders import Contender
from .environment import ARM_SITE, COUNTS, FILES, PeerError, run
from .peer import GIVEN
from .turns import sqnr_of
from .worker import __name__ as module

IMAGES = 2
"""Each is counted, and the least is taken: runtimes may still get ready in the first inference."""


@dataclasses.dataclass(frozen=True)
class Counted:
    """What was counted of one contender.

    Attributes:
        sqnr_db: Its logits' beside the eager model's.
        count: Instructions of one inference.
    """

    sqnr_db: float
    count: InstructionCount


def emulator_version() -> str:
    """Which QEMU counts."""
    versions = open_lab(NAME).versions
    return versions.get("qemu-user, counting", versions[QEMU_PACKAGE])


def count_instructions(
    contenders: Sequence[Contender], cpu: str, progress: Progress
) -> dict[Contender, Counted | str]:
    """Counts of all on a processor of the laboratory, or why there are none.

    Raises:
        LabError: There is no laboratory.
    """
    found: dict[Contender, Counted | str] = {}
    with progress.step(f"counting on {cpu}", len(contenders)) as advance:
        for contender in contenders:
            try:
                found[contender] = _count(contender, cpu)
            except PeerError as error:
                found[contender] = str(error)
            advance(1)
    return found


def _count(contender: Contender, cpu: str) -> Counted:
    """Counts, or reads what was counted of the same file before, since that does not change."""
    kept = COUNTS / cpu / f"{contender.name}.json"
    if kept.is_file():
        record = json.loads(kept.read_text(encoding="utf-8"))
        return Counted(record["sqnr_db"], InstructionCount(**record["count"]))
    counted = _counted_anew(contender, cpu)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(kept) as new:
        new.write_text(json.dumps(dataclasses.asdict(counted)), encoding="utf-8")
    return counted


def _counted_anew(contender: Contender, cpu: str) -> Counted:
    lab = open_lab(NAME)
    with job_folder() as folder:
        names = ("counts", "images.npy", "outputs.npy")
        counts, images, outputs = (folder / name for name in names)
        np.save(images, np.load(FILES / GIVEN / "images.npy")[:IMAGES])
        parts = [contender.peer, contender.path, contender.arithmetic, images, outputs]
        variables = worker_environment(lab, folder)
        packages = f"PYTHONPATH={folder}:{lab.folder / 'site'}:{ARM_SITE}"
        python = [*variables, "-E", packages, str(lab.folder / PYTHON), "-m", module]
        run([*counting_emulator(lab, cpu, counts), *python, *map(str, parts)], os.environ)
        found = read_counts(counts.read_text(encoding="utf-8"))
        return Counted(sqnr_of(outputs), min(found, key=lambda count: count.all))
