"""What the app's bytecode needs of Android, held against the oldest version that it is for.

Two sources tell a member's age: Android's classes of an old version, which have it or not, to the
last letter of its descriptor, and TypeScript's declarations, which say since when. What is in none
of them counts as too new, and so does what the declarations have no longer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

from ....errors import CheckError
from ....lab.android import ANDROID_LEVEL
from .android_history import Declared, DeclaredClass, History, matches, read_history
from .class_members import ClassLibrary
from .dex_references import DexReferences, Reference, read_references
from .toolchain import Toolchain

FRAMEWORK = ("android/", "dalvik/system/", "java/", "javax/", "org/json/", "org/w3c/", "org/xml/")
"""Packages that Android brings."""

GUARDED = {
    "android/os/PowerManager.getCurrentThermalStatus()I": "PhonePower asks for SDK_INT before",
}
"""Newer members that the app uses none the less, and how it keeps from them on older phones."""

UNKNOWN = 10_000
"""The level of what no source knows: above any."""

_OBJECT = "java/lang/Object"


@dataclasses.dataclass(frozen=True)
class ApiLevels:
    """Since when Android has what.

    Attributes:
        classes: Android's, of an old version.
        oldest: Its API level.
        history: Of all versions since.
    """

    classes: ClassLibrary
    oldest: int
    history: History

    def of_class(self, name: str) -> int:
        """The API level of a class, or :data:`UNKNOWN`."""
        declared = self.history.get(name)
        if declared is None:
            return UNKNOWN
        if self.classes.find(name) is not None:
            return self.oldest
        return declared.since or UNKNOWN

    def of_member(self, reference: Reference) -> int:
        """The API level of a member that a class of Android has or inherits, or UNKNOWN."""
        declared = [*self._declared(reference.owner, reference)]
        if not declared:
            return UNKNOWN
        if self.classes.has(reference.owner, reference.name, reference.descriptor):
            return self.oldest
        return min(max(member.since, owner.since) or UNKNOWN for owner, member in declared)

    def declares(self, reference: Reference) -> bool:
        """Whether a class of Android has or inherits such a member in any version."""
        return any(self._declared(reference.owner, reference))

    def _declared(
        self, name: str, reference: Reference
    ) -> Iterator[tuple[DeclaredClass, Declared]]:
        """What a reference may mean in a class and in those above it."""
        owner = self.history.get(name)
        if owner is None:
            return
        for member in owner.members.get(reference.name, ()):
            if _may_mean(reference.descriptor, member):
                yield owner, member
        if reference.name != "<init>" and name != _OBJECT:
            # The declarations put interfaces below nothing, or below what they extend alone.
            for parent in dict.fromkeys((*owner.parents, _OBJECT)):
                yield from self._declared(parent, reference)


def open_levels(toolchain: Toolchain) -> ApiLevels:
    """What the laboratory tells of Android's versions."""
    return ApiLevels(
        ClassLibrary(toolchain.android_classes),
        ANDROID_LEVEL,
        read_history(toolchain.android_history),
    )


def check_levels(
    levels: ApiLevels, dex: Path, min_sdk: int, guarded: Mapping[str, str] = GUARDED
) -> None:
    """Holds that the app runs on the oldest version of Android that it is for.

    Raises:
        CheckError: It names something newer that nothing guards, or nothing is left to guard.
    """
    newer = newer_references(read_references(dex), levels, min_sdk)
    if unguarded := {name: level for name, level in newer.items() if name not in guarded}:
        name, level = next(iter(unguarded.items()))
        since = "no version that is known" if level == UNKNOWN else f"API {level}"
        raise CheckError(
            f"{dex.name}: {name} is of {since}, and minSdk is {min_sdk} ({len(unguarded)} such);"
            " ask for SDK_INT first and say so in GUARDED"
        )
    if stale := [name for name in guarded if name not in newer]:
        raise CheckError(f"GUARDED: {stale[0]} is not used, or not newer than minSdk; take it out")


def newer_references(bytecode: DexReferences, levels: ApiLevels, min_sdk: int) -> dict[str, int]:
    """What an app's bytecode names of Android that its oldest version does not have.

    What the app names through one of its own classes is Android's if a class of Android above it
    has the like.

    Args:
        bytecode: Of the app.
        levels: Since when Android has what.
        min_sdk: The oldest version of Android that the app is for.

    Returns:
        API levels by class or member, as :class:`Reference` is shown.
    """
    found = {name: levels.of_class(name) for name in bytecode.classes if name.startswith(FRAMEWORK)}
    for member in bytecode.members:
        if member.owner.startswith(FRAMEWORK):
            found[str(member)] = levels.of_member(member)
            continue
        inherited = [
            dataclasses.replace(member, owner=above) for above in _framework_above(member, bytecode)
        ]
        known = [levels.of_member(item) for item in inherited if levels.declares(item)]
        found[str(member)] = min(known, default=0)
    return {name: level for name, level in sorted(found.items()) if level > min_sdk}


def _framework_above(member: Reference, bytecode: DexReferences) -> Iterator[str]:
    """The nearest classes of Android above one of the app's, if the app has no such method."""
    if member in bytecode.defined:
        return
    for parent in bytecode.parents.get(member.owner, ()):
        if parent.startswith(FRAMEWORK):
            yield parent
        else:
            yield from _framework_above(dataclasses.replace(member, owner=parent), bytecode)


def _may_mean(descriptor: str, member: Declared) -> bool:
    if member.parameters is None:
        return not descriptor.startswith("(") and matches(member.type, descriptor)
    if not descriptor.startswith("("):
        return False
    given = [*_split(descriptor[1 : descriptor.index(")")])]
    return len(given) == len(member.parameters) and all(
        matches(declared, item) for declared, item in zip(member.parameters, given, strict=True)
    )


def _split(descriptors: str) -> Iterator[str]:
    """The types of parameters, which stand without anything between them."""
    start = place = 0
    while place < len(descriptors):
        while descriptors[place] == "[":
            place += 1
        place = descriptors.index(";", place) if descriptors[place] == "L" else place
        place += 1
        yield descriptors[start:place]
        start = place
