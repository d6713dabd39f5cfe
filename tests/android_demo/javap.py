"""What the JDK's javap says of classes, without what Kotlin adds to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain, class_path


def members_of(
    toolchain: Toolchain, seen: Sequence[Path], names: Iterable[str], companions: bool = False
) -> set[str]:
    """The members of classes, each after its class; those that Kotlin adds are left out.

    Args:
        toolchain: Java's.
        seen: Where the classes are.
        names: Theirs, with their packages.
        companions: Whether Kotlin's companions are told as well.
    """
    printed = toolchain.run(
        toolchain.java_program("javap"),
        *("-p", "-cp", class_path(*seen), *sorted(names)),
        what_for="reading classes",
    )
    found = set()
    for line in printed.splitlines():
        text = re.sub(r"\b[a-z]+\.(?:[a-z]+\.)*(?=[A-Z])", "", line)
        if match := re.match(r"(?:public |final |abstract )*class ([\w$]+)", text):
            owner = match[1]
        elif text.startswith("  ") and (companions or not owner.endswith("$Companion")):
            found |= _member(owner, text.strip().removesuffix(";"))
    return found


def _member(owner: str, text: str) -> set[str]:
    """A member without what Kotlin adds, and without private ones but native ones."""
    plain = re.sub(r"\b(public|protected|private|final|abstract) ", "", text)
    if re.search(r"\$(stubs|default|cp|VALUES|ENTRIES|values)|access\$|DefaultConstructor", plain):
        return set()
    if re.search(r"\b(component\d+|copy|values|valueOf|getEntries|toString|hashCode)\(", plain):
        return set()
    if re.search(r"\bequals\(|^static \{\}|\bCompanion$", plain):
        return set()
    if text.startswith("private") and " native " not in text:
        return set()
    constant = re.fullmatch(rf"static {re.escape(owner)} (\w+)", plain)
    return {f"{owner} {constant[1] if constant else plain}"}
