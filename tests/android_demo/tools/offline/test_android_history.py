"""Since when Android has what, as its declarations for TypeScript say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.android_history import (
    History,
    matches,
    read_history,
)
from lowformer_edge.errors import CheckError

DECLARED = """
declare module android {
\texport module view {
\t\texport abstract class View<K, V>  extends java.lang.Object implements android.view.View.Heard {
\t\t\tpublic static class: java.lang.Class<android.view.View>;
\t\t\t/** @since 28 */
\t\t\tpublic static NEW: 4;
\t\t\tpublic constructor(a: android.content.Context | null, b: androidNative.Array<number>);
\t\t\t/**
\t\t\t * @deprecated Deprecated in API 30
\t\t\t * @since 24
\t\t\t */
\t\t\tpublic getTag(key: java.util.Map<string,java.util.List<any>>): java.lang.Object | null;
\t\t\t/** @deprecated */
\t\t\tpublic getTag(): string;
\t\t}
\t\texport module View {
\t\t\t/** @since 29 */
\t\t\texport class Heard extends java.lang.Object {
\t\t\t\tpublic constructor(implementation: {
\t\t\t\t\tonHeard(view: android.view.View): void;
\t\t\t\t});
\t\t\t\tpublic constructor();
\t\t\t\tpublic onHeard(view: android.view.View): void;
\t\t\t}
\t\t}
\t}
}
"""


@pytest.fixture
def history(tmp_path: Path) -> History:
    path = tmp_path / "android.d.ts"
    path.write_text(DECLARED, encoding="utf-8")
    return read_history(path)


def test_classes_bear_javas_names(history: History) -> None:
    assert [*history] == ["android/view/View", "android/view/View$Heard"]
    view, heard = history.values()
    assert view.parents == ("java/lang/Object", "android/view/View$Heard")
    assert (view.abstract, view.interface, view.since) == (True, False, 0)
    assert (heard.abstract, heard.interface, heard.since) == (False, True, 29)
    assert [*heard.members] == ["<init>", "onHeard"]


def test_members_say_their_age_and_what_may_be_null(history: History) -> None:
    members = history["android/view/View"].members
    (made,) = members["<init>"]
    assert made.parameters == ("android.content.Context", "[]number")
    assert made.accepts_null == (True, False)
    (constant,) = members["NEW"]
    assert (constant.parameters, constant.since, constant.deprecated) == (None, 28, 0)
    first, second = members["getTag"]
    assert (first.parameters, first.type) == (("java.util.Map",), "java.lang.Object")
    assert (first.may_be_null, first.since, first.deprecated) == (True, 24, 30)
    assert (second.parameters, second.may_be_null, second.deprecated) == ((), False, 1)


def test_what_declares_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.d.ts"
    path.write_text("declare module android {\n}\n", encoding="utf-8")
    with pytest.raises(CheckError, match=r"empty\.d\.ts: declares no class"):
        read_history(path)


@pytest.mark.parametrize(
    ("declared", "descriptor", "expected"),
    [
        ("number", "J", True),
        ("number", "Z", False),
        ("string", "Ljava/lang/CharSequence;", True),
        ("java.lang.CharSequence", "Ljava/lang/String;", False),
        ("any", "Landroid/view/View;", True),
        ("any", "I", False),
        ("T", "Ljava/lang/Object;", True),
        ("android.view.View.Heard", "Landroid/view/View$Heard;", True),
        ("[]number", "[F", True),
        ("[]string", "[[Ljava/lang/String;", False),
    ],
)
def test_declared_types_and_descriptors(declared: str, descriptor: str, expected: bool) -> None:
    assert matches(declared, descriptor) is expected
