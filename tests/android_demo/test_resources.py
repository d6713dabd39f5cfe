"""The app's texts and layouts: translatable, readable with large fonts, and with screen readers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

import lowformer_edge

ROOT = Path(lowformer_edge.__file__).parent / "android_demo"
APP = ROOT / "app" / "src" / "main"
RESOURCES = APP / "res"
SCREEN = ROOT / "screen" / "src"
LAYOUTS = sorted(RESOURCES.glob("layout*/*.xml"))
LANGUAGES = sorted(path.name for path in RESOURCES.glob("values-??"))

ANDROID = "{http://schemas.android.com/apk/res/android}"
NODE = "{http://schemas.android.com/tools}node"
TOUCH_DP = 48
"""Android's least size of whatever is touched."""

TEXT_ATTRIBUTES = ("text", "hint", "contentDescription", "title", "tooltipText")
CONTROLS = ("Button", "RadioButton", "CheckBox", "Switch", "ImageButton", "EditText", "Spinner")
PICTURES = ("ImageView", "TextureView", "RadioGroup")
FILLED_BY_CODE = {"option.xml": "text = ", "picture.xml": "contentDescription"}
ARGUMENT = r"%(\d+)\$[\d.]*([sdf])"
CONVERSIONS = {"TEXT": "s", "WHOLE": "d", "DECIMAL": "f"}


def read(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


def plain(element: ElementTree.Element, name: str) -> str | None:
    return element.get(ANDROID + name)


def texts(folder: str) -> dict[str, dict[str, str]]:
    """The strings of a language: for each the forms of its plural, or one form without a name."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((RESOURCES / folder).glob("strings*.xml")):
        for element in read(path):
            if element.get("translatable") == "false" and folder == "values":
                continue
            forms = {item.get("quantity", ""): item.text or "" for item in element.findall("item")}
            name = element.get("name", "")
            assert name not in found, f"{name} is there twice"
            found[name] = forms or {"": element.text or ""}
    return found


def untranslated() -> set[str]:
    return {
        element.get("name", "")
        for path in (RESOURCES / "values").glob("*.xml")
        for element in read(path)
        if element.get("translatable") == "false"
    }


def placeholders(text: str) -> Counter[str]:
    """Arguments with their conversions, such as ``1:s``."""
    found: list[tuple[str, str]] = re.findall(ARGUMENT, text)
    rest = re.sub(ARGUMENT, "", text).replace("%%", "")
    assert "%" not in rest, f"{text!r} has an argument without a number"
    return Counter(f"{number}:{kind}" for number, kind in found)


def kotlin() -> str:
    sources = sorted((APP / "kotlin").rglob("*.kt"))
    return "\n".join(path.read_text(encoding="utf-8") for path in sources)


def all_xml() -> str:
    files = [APP / "AndroidManifest.xml", *sorted(RESOURCES.rglob("*.xml"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def messages() -> dict[str, list[str]]:
    """What the screen can say, with the kinds of its arguments."""
    path = SCREEN / "main" / "kotlin" / "org" / "lowformer" / "edge" / "screen" / "Message.kt"
    body = path.read_text(encoding="utf-8").split("enum class Message")[1].split(";")[0]
    entries = re.findall(r"^ {4}([A-Z][A-Z0-9_]+)(?:\(([^)]*)\))?,$", body, flags=re.MULTILINE)
    return {name: re.findall(r"Argument\.(\w+)", arguments) for name, arguments in entries}


def styles() -> dict[str, dict[str, str]]:
    path = RESOURCES / "values" / "styles.xml"
    return {
        style.get("name", ""): {item.get("name", ""): item.text or "" for item in style}
        for style in read(path)
    }


def dimension(value: str) -> str:
    """A dimension's value, whether it is named or not."""
    if not value.startswith("@dimen/"):
        return value
    for path in (RESOURCES / "values").glob("dimens*.xml"):
        for element in read(path):
            if element.get("name") == value.removeprefix("@dimen/"):
                return element.text or ""
    raise AssertionError(f"{value} does not exist")


def attribute(element: ElementTree.Element, name: str) -> str | None:
    """An attribute of a view, its own or its style's."""
    own = plain(element, name)
    if own is not None:
        return own
    style = element.get("style", "").removeprefix("@style/")
    return styles().get(style, {}).get(f"android:{name}")


def identities(path: Path) -> Iterator[str]:
    """The ids in a layout and in those that it includes."""
    for element in read(path).iter():
        if element.tag == "include":
            included = element.get("layout", "").removeprefix("@layout/")
            yield from identities(RESOURCES / "layout" / f"{included}.xml")
        identity = plain(element, "id")
        if identity:
            yield identity.removeprefix("@+id/")


def states_table(name: str) -> str:
    """The table of a screen's states with what each says in English."""
    english = texts("values")
    path = SCREEN / "test" / "resources" / name
    rows = path.read_text(encoding="utf-8").splitlines()
    lines = [rows[0].replace("| state |", "| state | says |"), rows[1] + "---|"]
    for row in rows[2:]:
        name = row.split("`")[1]
        said = re.sub(ARGUMENT, "…", english[name.lower()][""])
        lines.append(row.replace(f"| `{name}` |", f"| `{name}` | {said} |"))
    return "\n".join(lines) + "\n"


def test_there_is_another_language() -> None:
    assert LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    english, other = texts("values"), texts(language)
    assert english.keys() == other.keys()
    for name, forms in english.items():
        expected = placeholders(forms.get("other", forms.get("", "")))
        assert forms.keys() == other[name].keys(), name
        for form in (*forms.values(), *other[name].values()):
            assert form.strip(), f"{name} is empty"
            assert placeholders(form) == expected, f"{name}: {form!r}"
            assert not re.search(r"(?<!\\)['\"]", form), f"Android drops quotes: {form!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_translated(language: str) -> None:
    english, other = texts("values"), texts(language)
    long = {name for name, forms in english.items() if len(" ".join(forms.values())) > 40}
    same = {name for name in long if english[name] == other[name]}
    assert not same


def test_every_text_is_used_and_every_used_one_exists() -> None:
    everything = kotlin() + all_xml()
    used = set(
        re.findall(
            r"(?:@string/|(?<!android\.)R\.string\.|R\.plurals\.|@plurals/)(\w+)", everything
        )
    )
    assert used == texts("values").keys() | untranslated()


def test_what_the_screen_says_has_texts_that_take_its_arguments() -> None:
    found = messages()
    assert len(found) > 50
    everything = texts("values")
    for name in untranslated():
        everything[name] = {"": ""}
    for message, arguments in found.items():
        kinds = [CONVERSIONS[argument] for argument in arguments]
        expected = Counter(f"{number}:{kind}" for number, kind in enumerate(kinds, 1))
        for form in everything[message.lower()].values():
            assert placeholders(form) == expected, f"{message}: {form!r}"


@pytest.mark.parametrize("name", ["states.md", "bench_states.md"])
def test_the_table_of_states_is_true(name: str) -> None:
    assert states_table(name) in (ROOT / "screen" / "STATES.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
class TestLayout:
    def test_texts_are_named(self, path: Path) -> None:
        for element in read(path).iter():
            for name in TEXT_ATTRIBUTES:
                value = plain(element, name)
                assert value is None or value.startswith("@string/"), f"{element.tag}: {value!r}"

    def test_controls_and_pictures_say_what_they_are(self, path: Path) -> None:
        for element in read(path).iter():
            if element.tag not in CONTROLS + PICTURES:
                continue
            says = plain(element, "contentDescription") or plain(element, "text")
            filled = FILLED_BY_CODE.get(path.name)
            assert says or (filled and filled in kotlin()), f"{element.tag} says nothing"

    def test_bars_are_read_or_skipped(self, path: Path) -> None:
        for element in read(path).iter("ProgressBar"):
            read_out = plain(element, "contentDescription")
            assert read_out or plain(element, "importantForAccessibility") == "no"

    def test_headings_are_headings_to_screen_readers(self, path: Path) -> None:
        for element in read(path).iter():
            style = element.get("style", "")
            if (plain(element, "id") or "").endswith("_heading") or style.endswith("Heading"):
                assert attribute(element, "accessibilityHeading") == "true"

    def test_controls_are_large_enough(self, path: Path) -> None:
        for element in read(path).iter():
            if element.tag in CONTROLS:
                height = attribute(element, "minHeight")
                assert height, f"{element.tag} {plain(element, 'id')} has no least height"
                assert float(dimension(height).removesuffix("dp")) >= TOUCH_DP

    def test_text_grows_with_the_font(self, path: Path) -> None:
        for element in read(path).iter():
            size = plain(element, "textSize")
            assert size is None or dimension(size).endswith("sp"), f"{element.tag}: {size}"
            if element.tag in ("TextView", *CONTROLS):
                assert attribute(element, "layout_height") == "wrap_content"
                assert plain(element, "maxLines") is None
                assert plain(element, "ellipsize") is None

    def test_nothing_is_left_or_right(self, path: Path) -> None:
        content = path.read_text(encoding="utf-8")
        assert not re.search(r'android:\w*(Left|Right)\w*=|"(left|right)[|"]', content)


@pytest.mark.parametrize("name", ["main", "verify", "bench"])
def test_whole_screens_can_be_scrolled(name: str) -> None:
    for path in RESOURCES.glob(f"layout*/{name}.xml"):
        assert "ScrollView" in [element.tag for element in read(path).iter()]


def test_no_style_fixes_the_size_of_text() -> None:
    for name, items in styles().items():
        size = items.get("android:textSize")
        assert size is None or dimension(size).endswith("sp"), name


def test_layouts_for_other_shapes_have_the_same_parts() -> None:
    others = [path for path in LAYOUTS if path.parent.name != "layout"]
    assert others
    for path in others:
        usual = RESOURCES / "layout" / path.name
        assert sorted(identities(path)) == sorted(identities(usual))
        assert not [name for name, count in Counter(identities(path)).items() if count > 1]


def test_every_part_that_code_asks_for_exists() -> None:
    asked = set(re.findall(r"R\.id\.(\w+)", kotlin()))
    there = {identity for path in LAYOUTS for identity in identities(path)}
    assert asked <= there
    assert len(asked) > 20


def luminance(color: str) -> float:
    """Relative luminance, by WCAG 2.1."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, by WCAG 2.1."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("folder", "backgrounds"),
    [("values", ("#FFFFFF", "#FAFAFA")), ("values-night", ("#000000", "#121212", "#303030"))],
)
def test_problems_stand_out_from_the_background(folder: str, backgrounds: tuple[str, ...]) -> None:
    colors = {e.get("name"): e.text or "" for e in read(RESOURCES / folder / "colors.xml")}
    for background in backgrounds:
        assert contrast(colors["problem"], background) >= 4.5


def test_day_and_night_have_the_same_theme() -> None:
    day, night = (read(RESOURCES / folder / "themes.xml") for folder in ("values", "values-night"))
    assert [style.get("name") for style in day] == [style.get("name") for style in night]
    for one, other in zip(day, night, strict=True):
        assert [item.get("name") for item in one] == [item.get("name") for item in other]


def test_the_app_asks_for_the_camera_alone() -> None:
    manifest = read(APP / "AndroidManifest.xml")
    kept = [element for element in manifest.iter() if element.get(NODE) != "remove"]
    permissions = [plain(element, "name") for element in kept if element.tag == "uses-permission"]
    assert permissions == ["android.permission.CAMERA"]
    features = [element for element in kept if element.tag == "uses-feature"]
    assert features
    assert all(plain(feature, "required") == "false" for feature in features)
    application = manifest.find("application")
    assert application is not None
    assert plain(application, "allowBackup") == "false"
    assert plain(application, "supportsRtl") == "true"


def test_only_the_launcher_and_adb_can_start_something() -> None:
    manifest = read(APP / "AndroidManifest.xml")
    open_to = {
        plain(activity, "name"): plain(activity, "permission")
        for activity in manifest.iter("activity")
        if plain(activity, "exported") == "true"
    }
    assert open_to == {".MainActivity": None, ".VerifyActivity": "android.permission.DUMP"}
    assert not [e.tag for e in manifest.iter() if e.tag in ("service", "receiver", "provider")]


def test_a_zip_can_be_opened_with_the_app_and_nothing_else() -> None:
    """Other schemes would need a permission, or tell of files that the app may not read."""
    found = [
        {plain(data, "scheme") or plain(data, "mimeType") for data in one.findall("data")}
        for one in read(APP / "AndroidManifest.xml").iter("intent-filter")
        if "android.intent.action.VIEW" in {plain(action, "name") for action in one}
    ]
    assert found == [{"content", "application/zip"}]


def test_the_versions_on_the_screen_are_those_of_the_catalog() -> None:
    catalog = (ROOT / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    for element in read(RESOURCES / "values" / "versions.xml"):
        library = element.get("name", "").removesuffix("_version")
        assert re.search(rf'^{library} = "{re.escape(element.text or "")}"', catalog, re.MULTILINE)
