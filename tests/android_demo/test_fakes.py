"""The app's screens, camera, threads and runners over fakes of Android, with its signatures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.class_members import (
    PROTECTED,
    ClassLibrary,
    ClassMembers,
    read_members,
)
from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.coverage import (
    LEAST,
    ModuleLines,
    counting,
    read_coverage,
)
from lowformer_edge.android_demo.tools.offline.fakes import Fakes, build_fakes
from lowformer_edge.android_demo.tools.offline.junit import read_reports
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import LabError
from lowformer_edge.lab.place import Lab

from .test_junit import assert_all_passed

MakeOnce = Callable[[str, Callable[[Path], None]], Path]

COUNTS = "lines.exec"
PUBLIC = 0x0001


@pytest.fixture(scope="session")
def ran(made_once: MakeOnce, android_app: Compilation) -> Fakes:
    """The app's tests over fakes, after they ran, with their lines counted."""

    def make(into: Path) -> None:
        fakes = build_fakes(android_app, into)
        fakes.run_tests(java=(counting(android_app.toolchain, into / COUNTS),))

    return Fakes(android_app, made_once("android-fakes", make))


@pytest.fixture(scope="module")
def coverage(ran: Fakes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleLines]:
    return read_coverage(ran.made, [ran.folder / COUNTS], tmp_path_factory.mktemp("coverage"))


def test_the_app_passes_over_fakes(ran: Fakes) -> None:
    run = read_reports("fakes", ran.folder / "reports")
    assert_all_passed(run)
    assert any("RandomOrdersTest" in name for name in run.passed)


@pytest.mark.parametrize("module", ["app", "runtime"])
def test_most_lines_of_what_needs_android_run(
    coverage: dict[str, ModuleLines], module: str
) -> None:
    lines = coverage[module]
    assert lines.percent > LEAST[module], "\n".join(f"{file.name}: {file}" for file in lines.files)


def test_lines_are_told_apart(coverage: dict[str, ModuleLines]) -> None:
    """In a file of which some lines run here and others do not."""
    (file,) = (file for file in coverage["core"].files if file.name.endswith("/NumpyArray.kt"))
    assert 0 < len(file.ran) < len(file.lines)
    (file,) = (file for file in coverage["app"].files if file.name.endswith("/Worker.kt"))
    assert file.ran == file.lines


def test_a_laboratory_that_cannot_count_says_so(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"jacocoagent\.jar: is missing; run: lowformer-lab android"):
        counting(Toolchain(Lab(tmp_path, {})), tmp_path / COUNTS)


def known_members(libraries: Sequence[ClassLibrary], name: str) -> set[tuple[str, str]]:
    """What a class and all above it have."""
    found: set[tuple[str, str]] = set()
    for library in libraries:
        if real := library.find(name):
            found |= {*real.members}
            for parent in real.parents:
                found |= known_members(libraries, parent)
    return found


def known_parents(libraries: Sequence[ClassLibrary], name: str) -> set[str]:
    """A class and all above it."""
    found = {name}
    for library in libraries:
        if real := library.find(name):
            found |= {name for parent in real.parents for name in known_parents(libraries, parent)}
    return found


def strange_members(libraries: Sequence[ClassLibrary], fake: ClassMembers) -> list[str]:
    """What a fake has beyond the real class; but tests may make what Android alone makes."""
    known = known_members(libraries, fake.name)
    members = [
        f"{fake.name}.{name} {descriptor}"
        for (name, descriptor), flags in fake.members.items()
        if flags & (PUBLIC | PROTECTED) and name != "<init>" and (name, descriptor) not in known
    ]
    return members + [
        f"{fake.name} is a {parent}"
        for parent in fake.parents
        if parent not in known_parents(libraries, fake.name)
    ]


@pytest.fixture(scope="module")
def libraries(android_app: Compilation) -> list[ClassLibrary]:
    """The real classes, or what stands for them where they are not here."""
    jars = (
        android_app.toolchain.android_classes,
        android_app.newer_android,
        android_app.litert,
        android_app.executorch,
    )
    return [ClassLibrary(jar) for jar in jars]


@pytest.fixture(scope="module")
def fakes(ran: Fakes) -> list[ClassMembers]:
    """All fakes, and what tests steer them by."""
    return [read_members(path.read_bytes()) for path in sorted(ran.fakes.rglob("*.class"))]


def is_real(libraries: Sequence[ClassLibrary], fake: ClassMembers) -> bool:
    return any(library.find(fake.name) for library in libraries)


def test_fakes_have_no_member_that_the_real_classes_have_not(
    libraries: list[ClassLibrary], fakes: list[ClassMembers]
) -> None:
    faked = [fake for fake in fakes if is_real(libraries, fake)]
    assert len(faked) > 90
    assert not [text for fake in faked for text in strange_members(libraries, fake)]


def test_a_strange_member_is_found(libraries: list[ClassLibrary]) -> None:
    fake = ClassMembers(
        "android/os/Handler",
        PUBLIC,
        ("java/lang/Thread",),
        {("post", "(Ljava/lang/Runnable;)Z"): PUBLIC, ("post", "()Z"): PUBLIC, ("own", "I"): 0},
    )
    assert strange_members(libraries, fake) == [
        "android/os/Handler.post ()Z",
        "android/os/Handler is a java/lang/Thread",
    ]


def test_what_tests_steer_by_has_names_that_android_has_not(
    libraries: list[ClassLibrary], fakes: list[ClassMembers]
) -> None:
    """A misspelt fake would pass for one of these."""
    strange = {
        fake.name.rsplit("/", 1)[1]
        for fake in fakes
        if not is_real(libraries, fake)
        and not fake.name.startswith("org/lowformer")
        and "$" not in fake.name
    }
    assert strange == {
        *("Bars", "Frame", "Frames", "OpenCamera", "PhoneContent", "PhoneWindow", "Preferences"),
        *("Screen", "Sizes", "Textures"),
    }
