"""A pickle module for ``torch.load`` that runs no code of a file.

Tensors, plain containers and numbers are built; every other class or function that a file names
becomes an :class:`Inert`, which keeps what it was given and does nothing. So a checkpoint with its
trainer's options beside the weights can be read without the trainer's packages.
"""

from __future__ import annotations

import collections
import pickle
import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, ClassVar

import numpy as np
import torch
from torch import Tensor

_PLAIN_MODULES = {
    "argparse", "array", "collections", "copyreg", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "ipaddress", "logging", "numbers", "operator", "pathlib", "random",
    "re", "string", "time", "types", "typing", "uuid", "zoneinfo",
}  # fmt: skip
"""Of the standard library, where checkpoints' options come from; none of it is called either."""

_PLAIN_BUILTINS = {
    "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "getattr", "int", "list",
    "object", "range", "reversed", "set", "slice", "str", "tuple", "type", "Ellipsis",
    "NotImplemented",
}  # fmt: skip


_WITH_NEW_NAMES = 3
"""The first version of pickles that has Python 3's names of modules."""


class Inert:
    """What stands for an object that is not built.

    Attributes:
        kind: The class or function that the file names, such as ``argparse.Namespace``.
        arguments: What it was called with.
        items: What was put into it as into a dictionary.
        values: What was put into it as into a list or a set.
        state: Its attributes, where the file has them.
    """

    kind = "object"

    def __new__(cls, *arguments: Any, **_: Any) -> Inert:
        one = super().__new__(cls)
        one.arguments = arguments
        one.items = {}
        one.values = []
        one.state = None
        return one

    arguments: tuple[Any, ...]
    items: dict[Any, Any]
    values: list[Any]
    state: Any

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *arguments: Any) -> Inert:
        """What calling it would have given."""
        return Inert(self, *arguments)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items[key] = value

    def append(self, value: Any) -> None:
        """Keeps a value."""
        self.values.append(value)

    def extend(self, values: Iterable[Any]) -> None:
        """Keeps several."""
        self.values.extend(values)

    add = append

    @property
    def attributes(self) -> Mapping[Any, Any]:
        """Its attributes by name; none where they are not known by name."""
        state = self.state
        if isinstance(state, tuple) and len(state) == 2:  # a dictionary, and slots
            merged = [part for part in state if isinstance(part, Mapping)]
            return dict(collections.ChainMap(*map(dict, merged)))
        return state if isinstance(state, Mapping) else {}


class RefusedGlobalError(pickle.UnpicklingError):
    """A file names a function that no checkpoint needs and that could do harm."""


class Unpickler(pickle._Unpickler):
    """Builds tensors and plain values, and :class:`Inert` for all else."""

    proto: int
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {**pickle._Unpickler.dispatch}

    def find_class(self, module: str, name: str) -> Any:
        """What the file means by a name.

        Raises:
            RefusedGlobalError: It is a function of Python's own that could do harm.
        """
        if self.proto < _WITH_NEW_NAMES:
            module, name = NAME_MAPPING.get(
                (module, name), (IMPORT_MAPPING.get(module, module), name)
            )
        built = _BUILT.get(f"{module}.{name}")
        if built is not None:
            return built
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        return _inert(module, name)

    def load_build(self) -> None:
        """Sets an object's attributes: of inert ones only."""
        state = self.stack.pop()  # type: ignore[attr-defined]
        built = self.stack[-1]  # type: ignore[attr-defined]
        if isinstance(built, Inert):
            built.state = state

    dispatch[pickle.BUILD[0]] = load_build


def load(file: BinaryIO, **options: Any) -> Any:
    """What ``pickle.load`` does, by :class:`Unpickler`."""
    return Unpickler(file, **options).load()


def _inert(module: str, name: str) -> type[Inert]:
    """A class that does nothing, for one that a file names.

    Raises:
        RefusedGlobalError: It is Python's own and could do harm.
    """
    root = module.partition(".")[0]
    if root == "builtins":
        is_plain = name in _PLAIN_BUILTINS
    else:
        is_plain = root not in sys.stdlib_module_names or root in _PLAIN_MODULES
    kind = f"{module}.{name}"
    if not is_plain:
        raise RefusedGlobalError(kind)
    return type(name.rpartition(".")[2] or "object", (Inert,), {"kind": kind})


def _first(tensor: Any, *_: Any) -> Any:
    """A parameter's tensor, without gradients, hooks and attributes."""
    return tensor


def _subclassed(build: Callable[..., Any], kind: Any, arguments: tuple[Any, ...], _: Any) -> Any:
    """A tensor with attributes, or of a class of its own, as a plain tensor."""
    return build(*arguments)


def _tensor(storage: Any, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    return torch._utils._rebuild_tensor(storage, offset, size, stride)  # type: ignore[no-untyped-call]


def _typed_tensor(
    storage: Any, offset: int, size: Any, stride: Any, _grad: Any, _hooks: Any, dtype: Any, *_: Any
) -> Tensor:
    """A tensor of a type that storages do not have, such as uint16."""
    tensor = torch.empty((0,), dtype=dtype)
    return tensor.set_(storage._untyped_storage, offset, torch.Size(size), stride)


def _mapping(*arguments: Any) -> dict[Any, Any]:
    """A dictionary, whatever would have been its default."""
    first = next((part for part in arguments if isinstance(part, Mapping)), {})
    return dict(first)


def _encoded(text: str, encoding: str = "latin1", *_: Any) -> bytes:
    """Bytes, as old pickles hold them."""
    return text.encode(encoding if encoding in ("latin1", "utf-8", "ascii") else "latin1")


def _numpy_scalar(dtype: Any, data: Any = b"") -> Any:
    """A number of numpy's as Python's own; inert where it is none."""
    code = dtype.arguments[0] if isinstance(dtype, Inert) and dtype.arguments else ""
    order = dtype.state[1] if isinstance(dtype, Inert) and isinstance(dtype.state, tuple) else "="
    if isinstance(data, str):
        data = data.encode("latin1")
    if not isinstance(code, str) or code[:1] not in "biuf" or not isinstance(data, bytes):
        return _inert("numpy", "generic")(dtype, data)
    kind = np.dtype(f"{order if order in ('<', '>') else '='}{code}")
    return np.frombuffer(data, kind, 1)[0].item()


def _new_object(kind: Any, *arguments: Any) -> Any:
    """What ``copyreg`` makes of a class: inert, since only such classes are named."""
    return kind(*arguments) if isinstance(kind, type) and issubclass(kind, Inert) else Inert(kind)


_BUILT: dict[str, Any] = {
    "collections.OrderedDict": collections.OrderedDict,
    "collections.defaultdict": _mapping,
    "collections.Counter": _mapping,
    "builtins.set": set,
    "builtins.frozenset": frozenset,
    "builtins.complex": complex,
    "_codecs.encode": _encoded,
    "copyreg._reconstructor": lambda kind, *_: _new_object(kind),
    "copyreg.__newobj__": _new_object,
    "copyreg.__newobj_ex__": lambda kind, arguments=(), *_: _new_object(kind, *arguments),
    "numpy.core.multiarray.scalar": _numpy_scalar,
    "numpy._core.multiarray.scalar": _numpy_scalar,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _typed_tensor,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._tensor._rebuild_from_type_v2": _subclassed,
    "torch.Size": torch.Size,
    "torch.UntypedStorage": torch.UntypedStorage,
    "torch.storage.UntypedStorage": torch.UntypedStorage,
}
"""What is built of what a file names, by its name: none of it does more than hold values."""
