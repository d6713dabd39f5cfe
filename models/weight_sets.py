"""The sets of weights in a checkpoint file: the trained ones, averaged ones, and others beside."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from ..errors import CheckpointError
from ..process.text import printable
from .mmengine_file import AVERAGED, has_swapped_averages
from .restricted_pickle import Inert
from .weight_names import WRAPPERS, is_counter, is_network, networks_in, plain_name

_AVERAGED = {"ema", "emas", "averaged", "average", "avg", "swa", "shadow", "polyak"}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_OTHERS = re.compile(
    r"(^|_)(opt|optims?|optimi[sz]ers?|(lr_?)?sched\w*|scaler|rng)(_|$)|^(loss|criterion|amp)", re.I
)
"""Keys under which trainers keep tensors that are no weights."""

_USUAL = ("state_dict", "model", "model_state_dict", "net", "network", "weights", "params", "")
"""Keys of what was trained, from the most usual one."""

_DEEPEST = 8
_OFTENEST = 4
"""How deep dictionaries are looked into, and how often into one that several others hold."""

Named = dict[str, Tensor | Inert]


@dataclasses.dataclass(frozen=True)
class WeightSet:
    """A set of weights.

    Attributes:
        path: The keys that lead to it; none where the file is the set.
        tensors: By their names in the network; what is no plain tensor is an :class:`Inert`.
        prefix: What was taken off the names, such as ``module.``.
        left_out: Names of tensors in the same dictionary that belong to no network.
        is_averaged: Whether it is an average over training, as its keys say, such as
            ``model_ema``; mmengine's say the contrary.
    """

    path: tuple[str, ...]
    tensors: Mapping[str, Tensor | Inert]
    prefix: str = ""
    left_out: tuple[str, ...] = ()
    is_averaged: bool = False

    @property
    def key(self) -> str:
        """How it is called: its keys with dots between them."""
        return ".".join(self.path)

    @property
    def is_network(self) -> bool:
        """Whether its names are a LowFormer's."""
        return is_network(self.tensors)


def is_averaged(path: Sequence[str]) -> bool:
    """Whether keys say that what they lead to is an average over training."""
    words = {word.lower() for part in path for word in _WORDS.findall(part)}
    return bool(words & _AVERAGED)


def sets_in(content: object) -> list[WeightSet]:
    """The sets of weights in what a file holds, in its order.

    Raises:
        CheckpointError: Two tensors of one have the same name without the wrappers' parts.
    """
    found: list[WeightSet] = []
    for path, tensors in _dictionaries(content, (), collections.Counter()):
        found += _sets_of(path, tensors)
    if not has_swapped_averages(content):
        return found
    return [dataclasses.replace(one, is_averaged=one.path[:1] == (AVERAGED,)) for one in found]


def _sets_of(path: tuple[str, ...], tensors: Named) -> Iterator[WeightSet]:
    """The networks in a dictionary of tensors."""
    originals = {plain_name(name): name for name in tensors}
    if len(originals) < len(tensors):
        raise CheckpointError(
            "two of its tensors have the same name once 'module.' and the like are taken off; save"
            " one state_dict alone"
        )
    networks = networks_in({name: tensors[original] for name, original in originals.items()})
    taken = {prefix + name for prefix, part in networks.items() for name in part}
    left_out = tuple(name for name in originals if name not in taken and not is_counter(name))
    for prefix, part in networks.items():
        place = (*path, prefix.rstrip(".")) if len(networks) > 1 and prefix else path
        off = _taken_off({originals[prefix + name]: name for name in part})
        yield WeightSet(place, part, off, left_out, is_averaged(place))


def _taken_off(names: Mapping[str, str]) -> str:
    """What was taken off names, given by the original ones."""
    for original, name in names.items():
        if original.endswith(name) and original != name:
            return original.removesuffix(name)
    parts = {part for original in names for part in original.split(".")}
    return ", ".join(sorted(parts & WRAPPERS - {"opseq"}))


def _dictionaries(
    content: object, path: tuple[str, ...], seen: collections.Counter[int]
) -> Iterator[tuple[tuple[str, ...], Named]]:
    """Dictionaries of named tensors, with the keys that lead to them."""
    entries = entries_of(content)
    if entries is None or len(path) > _DEEPEST or seen[id(content)] >= _OFTENEST:
        return
    seen[id(content)] += 1
    dotted = {name: value for name, value in entries.items() if isinstance(name, str)}
    tensors = {
        name: value
        for name, value in dotted.items()
        if isinstance(value, Tensor) or (isinstance(value, Inert) and "." in name)
    }
    if any(isinstance(value, Tensor) and "." in name for name, value in dotted.items()):
        yield path, tensors
    for key, value in entries.items():
        text = str(key)
        if not isinstance(value, Tensor) and not _OTHERS.search(text):
            yield from _dictionaries(value, (*path, text), seen)


def entries_of(content: object) -> Mapping[Any, Any] | None:
    """The entries of a dictionary, of a list, or of an object that is a kind of dictionary."""
    if isinstance(content, Mapping):
        return content
    if isinstance(content, list | tuple):
        return {number: value for number, value in enumerate(content) if entries_of(value)}
    return content.items if isinstance(content, Inert) and content.items else None


def unnamed_averages(content: object, path: tuple[str, ...] = ()) -> str | None:
    """Where a file holds averaged weights as a list without names; None where it holds none."""
    if not isinstance(content, Mapping) or len(path) > _DEEPEST:
        return None
    for key, value in content.items():
        place = (*path, str(key))
        if isinstance(value, list | tuple) and any(isinstance(one, Tensor) for one in value):
            if is_averaged(place):
                return ".".join(place)
        elif found := unnamed_averages(value, place):
            return found
    return None


def choose(sets: Sequence[WeightSet], key: str | None) -> WeightSet:
    """The set that is asked for, or else the averaged weights, or else those usually trained.

    Args:
        sets: At least one.
        key: Its keys with dots between them, or those of a dictionary that holds it alone.

    Raises:
        CheckpointError: There is none, or several.
    """
    if key is not None:
        return _asked(sets, key)
    networks = [one for one in sets if one.is_network] or list(sets)
    averaged = [one for one in networks if one.is_averaged]
    return max(averaged, key=_decay) if averaged else min(networks, key=_rank)


def _asked(sets: Sequence[WeightSet], key: str) -> WeightSet:
    wanted = key.replace("/", ".")
    found = [one for one in sets if one.key == wanted]
    found = found or [one for one in sets if wanted in _places_above(one)]
    if len(found) == 1:
        return found[0]
    trouble = "stands for several sets of weights" if found else "is no set of weights"
    raise CheckpointError(f"`checkpoint_key` {key!r} {trouble}; it holds {listed(found or sets)}")


def _places_above(one: WeightSet) -> list[str]:
    """The keys of the dictionaries that hold a set."""
    return [".".join(one.path[:count]) for count in range(1, len(one.path))]


def _decay(one: WeightSet) -> float:
    """The decay that a trainer calls its average by: the largest is the smoothest."""
    try:
        return float(one.path[-1])
    except (ValueError, IndexError):
        return 0.0


def _rank(one: WeightSet) -> int:
    last = one.path[-1].lower() if one.path else ""
    return _USUAL.index(last) if last in _USUAL else len(_USUAL)


def listed(sets: Sequence[WeightSet]) -> str:
    """The sets' keys in a line."""
    return ", ".join(printable(one.key) or "one at the top" for one in sets)
