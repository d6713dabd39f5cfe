"""ImageNet's development kit: the classes of ILSVRC2012's validation images."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ...errors import ArtifactError, CheckError, DataError
from ...process.limits import LARGEST_MEMBER
from ...process.reading import read_bytes
from ...process.system_limit import scratch_folder
from ...process.text import one_line
from .archive import Archive, is_archive
from .image_files import check_regular
from .imagenet import COUNT, imagenet_classes
from .kit_classes import read_kit_classes

GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
META = "meta.mat"


def is_devkit(path: Path) -> bool:
    """Whether a path is that of a folder, an archive, or the ground truth itself."""
    if path.is_dir() or is_archive(path):
        return True
    if not (path.name.startswith(Path(GROUND_TRUTH).stem) and path.is_file()):
        return False
    with path.open("rb") as file:
        return file.readline(80).strip().isdigit()


def read_devkit(path: Path) -> dict[str, str]:
    """The WordNet id of each validation image, by its name without suffix.

    The ground truth holds ILSVRC2012_ID, which is not the order in which models count classes. The
    kit's own ``meta.mat`` says what the numbers are; where it is missing, or SciPy to read it, the
    bundled list does.

    Args:
        path: The kit's archive or folder, or its ground truth.

    Raises:
        DataError: There is no ground truth, or it holds other numbers.
    """
    try:
        truth, meta = _contents(path)
    except OSError as error:
        raise DataError(f"{path}: not a readable devkit ({error})") from error
    ids = _ids_of(meta, path) or {one.ilsvrc_number: one.wordnet_id for one in imagenet_classes()}
    table = {}
    for line, text in enumerate(truth.split(), 1):
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
        if number not in ids:
            raise DataError(
                f"{path}: line {line} of the ground truth is {text[:40]!r}, no ILSVRC2012_ID of 1"
                f" to {COUNT}"
            )
        table[f"ILSVRC2012_val_{line:08}"] = ids[number]
    if not table:
        raise DataError(f"{path}: holds no label")
    return table


def _contents(path: Path) -> tuple[str, bytes | None]:
    """The ground truth, and meta.mat where it is there.

    Raises:
        DataError: There is no ground truth, or it cannot be read.
    """
    if is_archive(path) and not path.is_dir():
        check_regular(path)
        members = {member.parts[-1]: member for member in Archive(path).members() if member.parts}
        files = {name: members[name].open for name in (GROUND_TRUTH, META) if name in members}
        found = {name: opened().read() for name, opened in files.items()}
    else:
        truth = path
        if path.is_dir():
            places = (path, path / "data", *sorted(path.glob("*/data")))
            truth = next(
                (one / GROUND_TRUTH for one in places if (one / GROUND_TRUTH).exists()), path
            )
        found = {}
        for name, file in ((GROUND_TRUTH, truth), (META, truth.with_name(META))):
            if file.is_file():
                found[name] = read_bytes(file, LARGEST_MEMBER)
    if GROUND_TRUTH not in found:
        raise DataError(f"{path}: holds no {GROUND_TRUTH}; give a CSV, or ILSVRC2012's devkit")
    return found[GROUND_TRUTH].decode("ascii", "replace"), found.get(META)


def _ids_of(meta: bytes | None, path: Path) -> dict[int, str]:
    """WordNet ids by ILSVRC2012_ID, as meta.mat states them; empty where it cannot be read.

    Raises:
        DataError: It is damaged.
    """
    if meta is None or importlib.util.find_spec("scipy") is None:
        return {}
    with scratch_folder() as folder:
        (folder / META).write_bytes(meta)
        try:
            ids = read_kit_classes(folder / META)
        except (ArtifactError, CheckError) as error:
            reason = one_line(str(error).removeprefix(f"{folder / META}: "))
            raise DataError(
                f"{path}: {META} is not readable ({reason}); copy the kit again"
            ) from error
    return {number: wordnet_id for number, wordnet_id in ids.items() if number <= COUNT}
