"""Since when Android has each of its classes and members, by TypeScript's declarations of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from ....errors import CheckError

_OPENED = re.compile(
    r"(?:declare|export) (?:(?P<abstract>abstract )?class|module) (?P<name>\w+)(?:<[^{]*?> )?"
    r"(?P<parents>[^{]*)\{$"
)
_MEMBER = re.compile(
    r"(?:public|protected) (?P<static>static )?(?P<name>[\w$]+)(?P<parameters>\(.*\))?"
    r"(?:: (?P<type>.*))?;$"
)
_DEPRECATED = re.compile(r"@deprecated(?: Deprecated in API (\d+))?")
_SINCE = re.compile(r"@since (\d+)")
_IMPLEMENTED = "public constructor(implementation: {"
_CONSTRUCTOR = "constructor"
_COMMENT = re.compile(r"/\*.*?\*/")
_GENERIC = re.compile(r"<[^<>]*>")
_ARRAY = "androidNative.Array"
_NULL = " | null"

_PRIMITIVES = dict.fromkeys("BDFIJS", "number") | {"C": "string", "Z": "boolean", "V": "void"}
_TEXTS = ("java.lang.CharSequence", "java.lang.Character", "java.lang.String")


@dataclasses.dataclass(frozen=True)
class Declared:
    """A field or method.

    Attributes:
        parameters: Types of its parameters, without type arguments; None of a field.
        type: Of its value, likewise.
        accepts_null: Whether each of its parameters may be null, as far as Android says so.
        may_be_null: Whether its value may be, likewise.
        since: The first version of Android with it; 0 if nothing is said of it.
        deprecated: Since which version it is, 1 if that is not said; 0 if it is not.
    """

    parameters: tuple[str, ...] | None
    type: str
    accepts_null: tuple[bool, ...]
    may_be_null: bool
    since: int
    deprecated: int


@dataclasses.dataclass
class DeclaredClass:
    """A class or interface.

    Attributes:
        parents: The class and interfaces above it, with slashes and dollars.
        interface: Whether it is one.
        abstract: Whether it is declared so.
        since: The first version of Android with it; 0 if nothing is said of it.
        deprecated: Since which version it is, 1 if that is not said; 0 if it is not.
        members: By name; constructors as ``<init>``.
    """

    parents: tuple[str, ...]
    interface: bool
    abstract: bool
    since: int
    deprecated: int
    members: dict[str, list[Declared]] = dataclasses.field(default_factory=dict)


History = dict[str, DeclaredClass]
"""Classes by their name with slashes and dollars."""


def read_history(path: Path) -> History:
    """Reads the declarations of all of Android's versions in one.

    Args:
        path: Of npm's ``@nativescript/types-android``, the merged file.

    Raises:
        CheckError: It declares no class.
    """
    history: History = {}
    opened: list[tuple[str, bool]] = []
    remarks = ""
    with path.open(encoding="utf-8") as lines:
        numbered = iter(lines)
        for line in numbered:
            text = line.strip()
            if text.startswith(("/*", "*")):
                remarks += text
                continue
            if found := _OPENED.match(text):
                is_class = "class " in text.partition("{")[0]
                opened.append((found["name"], is_class))
                if is_class:
                    history[_class_name(opened)] = _declared_class(found, remarks)
            elif text == _IMPLEMENTED:
                history[_class_name(opened)].interface = True
                _skip(numbered)
            elif text == "}":
                opened.pop()
            elif found := _MEMBER.match(text):
                _declare(history[_class_name(opened)], found, remarks)
            remarks = ""
    if not history:
        raise CheckError(f"{path}: declares no class")
    _name_parents(history)
    return history


def matches(declared: str, descriptor: str) -> bool:
    """Whether a declared type may be what a descriptor of Java names; ``any`` may be all."""
    if descriptor.startswith("["):
        is_array = declared.startswith("[]")
        return declared == "any" or (is_array and matches(declared[2:], descriptor[1:]))
    if declared == "any" or declared.isupper():
        return descriptor.startswith("L")
    if descriptor in _PRIMITIVES:
        return declared == _PRIMITIVES[descriptor]
    name = descriptor[1:-1].replace("/", ".").replace("$", ".")
    return declared == name or (declared == "string" and name in _TEXTS)


def _class_name(opened: list[tuple[str, bool]]) -> str:
    """With dots alone: a class's own classes lie in a module of its name."""
    return ".".join(name for name, _ in opened)


def _declared_class(found: re.Match[str], remarks: str) -> DeclaredClass:
    parents = re.split(r",|\bextends\b|\bimplements\b", _erased(found["parents"]))
    return DeclaredClass(
        parents=tuple(name.strip() for name in parents if name.strip()),
        interface=False,
        abstract=bool(found["abstract"]),
        since=_since(remarks),
        deprecated=_deprecated(remarks),
    )


def _declare(owner: DeclaredClass, found: re.Match[str], remarks: str) -> None:
    parameters: tuple[str, ...] | None = None
    accepts_null: tuple[bool, ...] = ()
    if found["parameters"] is not None:
        listed = _erased(found["parameters"][1:-1])
        types = [item.partition(": ")[2] for item in listed.split(", ")] if listed else []
        parameters = tuple(item.removesuffix(_NULL) for item in types)
        accepts_null = tuple(item.endswith(_NULL) for item in types)
    name = "<init>" if found["name"] == _CONSTRUCTOR else found["name"]
    type_ = _erased(found["type"] or "void")
    owner.members.setdefault(name, []).append(
        Declared(
            parameters,
            type_.removesuffix(_NULL),
            accepts_null,
            type_.endswith(_NULL),
            _since(remarks),
            _deprecated(remarks),
        )
    )


def _erased(text: str) -> str:
    """Types without their arguments, and arrays as ``[]`` before what they are of."""
    text = _COMMENT.sub("", text)
    while _ARRAY in text:
        start = text.rindex(_ARRAY)
        end = _after_brackets(text, start + len(_ARRAY))
        inner = text[start + len(_ARRAY) + 1 : end - 1]
        text = f"{text[:start]}[]{_without_arguments(inner)}{text[end:]}"
    return _without_arguments(text).strip()


def _without_arguments(text: str) -> str:
    shorter = _GENERIC.sub("", text)
    return shorter if shorter == text else _without_arguments(shorter)


def _after_brackets(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += {"<": 1, ">": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    raise CheckError(f"brackets do not close: {text}")


def _skip(lines: Iterator[str]) -> None:
    """Passes over how an interface is implemented in JavaScript."""
    for line in lines:
        if line.strip() == "});":
            return


def _since(remarks: str) -> int:
    found = _SINCE.search(remarks)
    return int(found[1]) if found else 0


def _deprecated(remarks: str) -> int:
    found = _DEPRECATED.search(remarks)
    return int(found[1] or 1) if found else 0


def _name_parents(history: History) -> None:
    """Gives classes Java's names: dollars where a class lies in a class."""
    dotted = dict(history)
    named: dict[str, str] = {}
    for name in sorted(dotted, key=len):
        outer, _, own = name.rpartition(".")
        named[name] = f"{named[outer]}${own}" if outer in named else name.replace(".", "/")
    history.clear()
    for name, declared in dotted.items():
        declared.parents = tuple(
            named.get(parent, parent.replace(".", "/")) for parent in declared.parents
        )
        history[named[name]] = declared
