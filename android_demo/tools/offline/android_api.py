"""Android's classes of the newest version as Java's sources, to compile against and never to run.

The signatures come from Python's stubs of Android, and what may be null or is deprecated from
TypeScript's declarations: what the stubs say of null is a list that people wrote by the
documentation, and not what Android's classes say to Kotlin. The stubs tell apart neither numbers of
one kind where they are returned, nor interfaces from classes: Android's classes of an old version
and the declarations do. Kotlin reads of the sources what it needs.
"""

from __future__ import annotations

import ast
import dataclasses
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ....errors import CheckError
from .android_history import Declared, DeclaredClass, History, matches
from .class_members import ABSTRACT, FINAL, INTERFACE, PROTECTED, ClassLibrary, ClassMembers

_STUBS = "-stubs"
"""Ends the names of the folders that hold a root of packages each."""

_ROOTS = ("android", "dalvik")
"""What is written; Java's own classes are compiled against as the old version has them."""

_NULLABLE = "org.jetbrains.annotations.Nullable"
_NULLABLE_SOURCE = """package org.jetbrains.annotations;

public @interface Nullable {}
"""

_LETTERS = {
    "boolean": "Z",
    "byte": "B",
    "char": "C",
    "double": "D",
    "float": "F",
    "int": "I",
    "long": "J",
    "short": "S",
    "void": "V",
}
_PLAIN = {
    "bool": "boolean",
    "float": "float",
    "int": "int",
    "None": "void",
    "object": "java.lang.Object",
    "str": "java.lang.String",
}
_BOXES = {"boolean": "java.lang.Boolean", "float": "java.lang.Float", "int": "java.lang.Integer"}
_ALIKE = {"int": "BIJS", "float": "DF", "java.lang.String": "C"}
"""What Python's stubs write alike, by what is taken where nobody tells better."""

_ARRAY = "java.chaquopy.JavaArray"
_FOUND_BY_NUMBER = {"findViewById", "requireViewById"}
"""Return what the caller asks for, of a type parameter that Python's stubs leave out."""


@dataclasses.dataclass(frozen=True)
class _Type:
    """A type as Java's sources write it, and its descriptor with dots for slashes and dollars."""

    text: str
    descriptor: str


def write_android_api(
    stubs: Path, classes: ClassLibrary, history: History, level: int, into: Path
) -> Path:
    """Writes the sources of all of Android's classes.

    Args:
        stubs: The folder of PyPI's ``chaquopy-stubs-android``.
        classes: Android's classes of an old version.
        history: Of all of Android's versions.
        level: The version that the stubs are of, by its API level.
        into: A folder that takes them by package; what was in it is gone.

    Returns:
        ``into``.

    Raises:
        CheckError: There are no stubs, or one says what Java cannot.
    """
    shutil.rmtree(into, ignore_errors=True)
    writer = _Writer(classes, history, level)
    paths = [path for root in _ROOTS for path in sorted((stubs / f"{root}{_STUBS}").rglob("*.pyi"))]
    if not paths:
        raise CheckError(f"{stubs}: has no stubs of Android")
    for path in paths:
        package = ".".join(path.parent.relative_to(stubs).parts).replace(_STUBS, "", 1)
        folder = into / package.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in writer.sources(package, ast.parse(path.read_text(encoding="utf-8"))):
            (folder / f"{name}.java").write_text(text, encoding="utf-8")
    annotation = into / f"{_NULLABLE.replace('.', '/')}.java"
    annotation.parent.mkdir(parents=True)
    annotation.write_text(_NULLABLE_SOURCE, encoding="utf-8")
    return into


@dataclasses.dataclass(frozen=True)
class _Class:
    """What is known of a class that is being written."""

    package: str
    name: str
    old: ClassMembers | None
    declared: DeclaredClass | None
    interface: bool


class _Writer:
    """Sources of classes, with what other sources tell of them."""

    def __init__(self, classes: ClassLibrary, history: History, level: int) -> None:
        self._classes, self._history, self._level = classes, history, level
        self._package = ""
        self._variables: dict[str, None] = {}

    def sources(self, package: str, module: ast.Module) -> Iterator[tuple[str, str]]:
        """The name and source of each class of a package."""
        self._package = package
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                lines = [f"package {package};", "", *self._class(node, ())]
                yield node.name, "\n".join((*lines, ""))

    def _class(self, node: ast.ClassDef, outer: Sequence[str]) -> Iterator[str]:
        path = (*outer, node.name)
        name = f"{self._package.replace('.', '/')}/{'$'.join(path)}"
        own = self._known(name)
        bases = [base for base in node.bases if not _is(base, "typing.Generic")]
        is_enum = any(_is(base, "java.lang.Enum") for base in bases)
        yield self._marks(own.declared) + self._head(node, own, bases, is_enum)
        members = [*node.body]
        if is_enum:
            constants = [item for item in members if isinstance(item, ast.AnnAssign)]
            yield ", ".join(_name(item.target) for item in constants) + ";"
            members = [item for item in members if item not in constants]
        for item in members:
            if isinstance(item, ast.ClassDef):
                yield from self._class(item, path)
            elif isinstance(item, ast.AnnAssign):
                yield self._field(item, own)
            elif isinstance(item, ast.FunctionDef) and not (
                is_enum and item.name in ("valueOf", "values")
            ):
                yield self._method(item, own)
        yield "}"

    def _known(self, name: str) -> _Class:
        old, declared = self._classes.find(name), self._history.get(name)
        interface = declared is not None and declared.interface
        if old is not None:
            interface = bool(old.flags & INTERFACE)
        return _Class(self._package, name.rpartition("/")[2], old, declared, interface)

    def _head(
        self, node: ast.ClassDef, own: _Class, bases: Sequence[ast.expr], is_enum: bool
    ) -> str:
        parents = [(self._parent(base), self._is_interface(base)) for base in bases]
        above = [text for text, interface in parents if not interface]
        beside = [text for text, interface in parents if interface]
        modifiers = "public static " if "$" in own.name else "public "
        own_name = node.name + _type_parameters(node)
        if is_enum:
            return f"{modifiers}enum {own_name}{_listed(' implements ', beside)} {{"
        if own.interface:
            return f"{modifiers}interface {own_name}{_listed(' extends ', beside)} {{"
        flags = 0 if own.old is None else own.old.flags
        if flags & ABSTRACT or (own.old is None and own.declared and own.declared.abstract):
            modifiers += "abstract "
        elif flags & FINAL:
            modifiers += "final "
        extends = _listed(" extends ", above[:1])
        return f"{modifiers}class {own_name}{extends}{_listed(' implements ', beside)} {{"

    def _is_interface(self, base: ast.expr) -> bool:
        head = base.value if isinstance(base, ast.Subscript) else base
        descriptor = self._type(head).descriptor
        name = _with_dollars(descriptor[1:-1])
        return self._known(name).interface

    def _field(self, node: ast.AnnAssign, own: _Class) -> str:
        name = _name(node.target)
        is_static = _is(node.annotation, "typing.ClassVar")
        given = node.annotation
        if isinstance(given, ast.Subscript) and is_static:
            given = given.slice
        type_ = self._type(given)
        if own.old is not None:
            for (known, descriptor), _ in own.old.members.items():
                if known == name and not descriptor.startswith("("):
                    type_ = _told(type_, descriptor)
        declared = self._declared(own, name, None)
        modifiers = "public static final " if is_static else "public "
        return f"{self._marks(declared)}{modifiers}{type_.text} {name};"

    def _method(self, node: ast.FunctionDef, own: _Class) -> str:
        self._variables.clear()
        arguments = [*node.args.posonlyargs, *node.args.args]
        is_static = any(_is(item, "staticmethod") for item in node.decorator_list)
        parameters = [
            self._type(item.annotation) for item in arguments[not is_static :] if item.annotation
        ]
        if node.args.vararg is not None and node.args.vararg.annotation is not None:
            last = self._type(node.args.vararg.annotation)
            parameters.append(_Type(f"{last.text}...", f"[{last.descriptor}"))
        is_constructor = node.name == "__init__"
        name = "<init>" if is_constructor else node.name.removesuffix("_")
        declared = self._declared(own, name, parameters)
        flags, told = self._old(own, name, parameters)
        returned = self._type(node.returns) if node.returns else _Type("void", "V")
        if told:
            returned = _told(returned, told)
        taken = ", ".join(
            f"{self._nullable(declared, at)}{item.text} a{at}" for at, item in enumerate(parameters)
        )
        access = "protected " if flags & PROTECTED else "public "
        if is_constructor:
            simple = own.name.rpartition("$")[2]
            return f"{self._marks(declared)}{access}{simple}({taken}) {{}}"
        kind = self._kind(own, declared, flags, is_static)
        own_types = _own_types(node.name, self._variables)
        text = returned.text
        if name in _FOUND_BY_NUMBER:
            own_types, text = "<T extends android.view.View> ", "T"
        null = f"@{_NULLABLE} " if declared and declared.may_be_null else ""
        return f"{self._marks(declared)}{null}{access}{kind}{own_types}{text} {name}({taken});"

    def _kind(self, own: _Class, declared: Declared | None, flags: int, is_static: bool) -> str:
        """Modifiers by which a method needs no body; what came to an interface later has one."""
        if own.interface:
            came_later = declared and own.declared and declared.since > own.declared.since
            return "static " if is_static else "default " if came_later else ""
        final = "final " if flags & FINAL else ""
        return (
            "static native "
            if is_static
            else "abstract "
            if flags & ABSTRACT
            else f"{final}native "
        )

    def _old(self, own: _Class, name: str, parameters: Sequence[_Type]) -> tuple[int, str]:
        """The flags of a method in the old version, and the descriptor of what it returns."""
        if own.old is not None:
            given = "".join(item.descriptor for item in parameters)
            for (known, descriptor), flags in own.old.members.items():
                if known == name and descriptor.startswith("("):
                    taken, _, returned = descriptor[1:].partition(")")
                    if _dotted(taken) == given:
                        return flags, returned
        return 0, ""

    def _declared(
        self, own: _Class, name: str, parameters: Sequence[_Type] | None
    ) -> Declared | None:
        """What TypeScript's declarations say of a member."""
        if own.declared is None:
            return None
        for member in own.declared.members.get(name, ()):
            if parameters is None or member.parameters is None:
                if parameters is None and member.parameters is None:
                    return member
            elif len(member.parameters) == len(parameters) and all(
                matches(declared, item.descriptor)
                for declared, item in zip(member.parameters, parameters, strict=True)
            ):
                return member
        return None

    def _nullable(self, declared: Declared | None, parameter: int) -> str:
        return f"@{_NULLABLE} " if declared and declared.accepts_null[parameter] else ""

    def _marks(self, declared: Declared | DeclaredClass | None) -> str:
        is_old = declared is not None and 0 < declared.deprecated <= self._level
        return "@Deprecated " if is_old else ""

    def _type(self, node: ast.expr, *, boxed: bool = False) -> _Type:
        """The type that an annotation of Python's stubs means."""
        if isinstance(node, ast.BinOp):
            return self._one_of([*_alternatives(node)], boxed=boxed)
        if isinstance(node, ast.Subscript):
            return self._generic(node)
        name = _name(node)
        if name.startswith(_ARRAY):
            item = name.removeprefix(f"{_ARRAY}J").lower()
            return _Type(f"{item}[]", f"[{_LETTERS[item]}")
        if name.startswith("java.j") and name[6:] in _LETTERS:
            return _plain(name[6:], boxed=boxed)
        if name in _PLAIN:
            return _plain(_PLAIN[name], boxed=boxed)
        if name.startswith("_"):  # a type variable
            self._variables[name] = None
            return _Type(name.rpartition("__")[2], "Ljava.lang.Object;")
        if name in ("typing.Type", "type"):
            name = "java.lang.Class"
        elif name.partition(".")[0] not in ("android", "dalvik", "java", "javax", "org"):
            name = f"{self._package}.{name}"
        return _Type(name, f"L{name};")

    def _parent(self, node: ast.expr) -> str:
        """A class above, whose own type arguments cannot be left open."""
        return self._type(node).text.replace("<?>", "<java.lang.Object>")

    def _generic(self, node: ast.Subscript) -> _Type:
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if _is(node, _ARRAY):
            item = self._type(inner[0])
            return _Type(f"{item.text}[]", f"[{item.descriptor}")
        outer = self._type(node.value)
        arguments = ", ".join(
            # Which the stubs write for a type argument that is left open, too.
            "?" if _is(item, "java.lang.Object") else self._type(item, boxed=True).text
            for item in inner
        )
        return _Type(f"{outer.text}<{arguments}>", outer.descriptor)

    def _one_of(self, nodes: Sequence[ast.expr], *, boxed: bool) -> _Type:
        """Of several types that Python takes, the one that Java has."""
        primitive = [node for node in nodes if _name(node).startswith("java.j")]
        java = [node for node in nodes if _name(node) not in _PLAIN]
        return self._type((primitive or java or nodes)[0], boxed=boxed)


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _plain(name: str, *, boxed: bool) -> _Type:
    if boxed:
        name = _BOXES.get(name, name)
    return _Type(name, _LETTERS.get(name, f"L{name};"))


def _told(type_: _Type, descriptor: str) -> _Type:
    """A type where the old version tells which of those that Python's stubs write alike it is."""
    if descriptor in _ALIKE.get(type_.text, ""):
        (name,) = (name for name, letter in _LETTERS.items() if letter == descriptor)
        return _Type(name, descriptor)
    return type_


def _is(node: ast.expr, name: str) -> bool:
    head = node.value if isinstance(node, ast.Subscript) else node
    return _name(head) == name


def _name(node: ast.expr) -> str:
    """A name with dots, as :func:`ast.unparse` would write it, or nothing."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    return "None" if isinstance(node, ast.Constant) and node.value is None else ""


def _type_parameters(node: ast.ClassDef) -> str:
    for base in node.bases:
        if isinstance(base, ast.Subscript) and _is(base, "typing.Generic"):
            inner = base.slice.elts if isinstance(base.slice, ast.Tuple) else [base.slice]
            return f"<{', '.join(_name(item).rpartition('__')[2] for item in inner)}>"
    return ""


def _own_types(method: str, variables: Iterable[str]) -> str:
    """A method's own type parameters, whose variables bear its name."""
    own = [name.rpartition("__")[2] for name in variables if name.startswith(f"_{method}_")]
    return f"<{', '.join(own)}> " if own else ""


def _listed(before: str, names: Sequence[str]) -> str:
    return before + ", ".join(names) if names else ""


def _dotted(descriptors: str) -> str:
    return descriptors.replace("/", ".").replace("$", ".")


def _with_dollars(name: str) -> str:
    """A class's name as in bytecode: classes begin with capitals, and packages do not."""
    parts = name.split(".")
    first = next((at for at, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
    return "/".join((*parts[:first], "$".join(parts[first:])))
