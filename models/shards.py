"""Checkpoints in several files, as Hugging Face's libraries write large ones, with an index."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..errors import CheckpointError
from ..process.limits import LARGEST_TEXT
from ..process.reading import read_text

_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.\w+)")


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a checkpoint: itself, or all shards where it is one, or an index of them.

    Raises:
        CheckpointError: A shard is missing, or the index names none.
    """
    shard = _SHARD.fullmatch(path.name)
    if shard:
        stem, _, count, suffix = shard.groups()
        names = [f"{stem}-{number:05d}-of-{count}{suffix}" for number in range(1, int(count) + 1)]
        return _present(path, names)
    if path.suffix == ".json" and path.is_file():
        names = list(dict.fromkeys(weight_map(path).values()))
        return _present(path, names)
    return (path,)


def weight_map(path: Path) -> dict[str, str]:
    """Which shard holds each tensor, by an index.

    Raises:
        CheckpointError: It is no such index.
    """
    try:
        content = json.loads(read_text(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a readable index of shards ({error})") from error
    shards = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(shards, dict) or not shards:
        raise CheckpointError(
            f"{path}: JSON without a weight_map, so no index of a checkpoint's shards; a model's"
            " config is given as `config`"
        )
    for name in shards.values():
        if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
            raise CheckpointError(
                f"{path}: names a shard {name!r}, which is no file beside it; do not trust it"
            )
    return shards


def _present(path: Path, names: list[str]) -> tuple[Path, ...]:
    """The shards beside a file.

    Raises:
        CheckpointError: One is missing.
    """
    files = tuple(path.parent / name for name in names)
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(
            f"{path}: its shard {missing[0]}{more} is missing; copy or download all {len(files)}"
            " into one folder"
        )
    return files
