"""Lists of images of a part of a data set, as VOC's ``ImageSets`` have them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ...errors import DataError
from ...process.text import printable
from .file_tree import FileTree, Item, content_of, regular


def listed_stems(item: Item) -> list[str]:
    """The images that a list names, without suffix; VOC's lists of a class have a second column.

    Raises:
        DataError: It is no such list, or empty.
    """
    try:
        lines = content_of(item).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{printable(str(item))}: is no list of images ({error})") from error
    stems = [line.split()[0] for line in lines if line.strip()]
    if not stems:
        raise DataError(f"{printable(str(item))}: lists no image; give one that does")
    return list(dict.fromkeys(stems))


def images_of(images: FileTree, listed: Item | None) -> tuple[dict[str, Item], tuple[str, ...]]:
    """Images by path: all, or those that a list names.

    Returns:
        The images, and notes on listed ones that are missing.

    Raises:
        DataError: None is there.
    """
    if listed is None:
        return {path: regular(images.files[path]) for path in sorted(images.files)}, ()
    stems = listed_stems(listed)
    paths = [images.nearest(f"{stem}.image") for stem in stems]
    found = {path: regular(images.files[path]) for path in paths if path is not None}
    missing = [stem for stem, path in zip(stems, paths, strict=True) if path is None]
    name = printable(PurePosixPath(str(listed)).name)
    if not found:
        raise DataError(
            f"{images.path}: holds none of the {len(stems)} images of {name}, such as"
            f" {printable(stems[0])}"
        )
    notes = [f"took the {len(found)} images that {name} lists"]
    if missing:
        shown = ", ".join(map(printable, missing[:3]))
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        notes.append(f"{len(missing)} images of {name} are not in {images.path}: {shown}{more}")
    return found, tuple(notes)


def is_list(path: Path) -> bool:
    """Whether a file's name is that of such a list."""
    return path.suffix.lower() == ".txt"
