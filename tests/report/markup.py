"""A page as its markup says it is."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"img", "meta", "wbr"}
"""Elements that have no end."""


class Markup(HTMLParser):
    """Reads a page and refuses elements that do not close in order.

    Attributes:
        elements: Name and names of attributes of each element, in order.
        attributes: All attributes of each element, in the same order.
        text: All text outside of the style sheet.
        headings: Level and text of each heading.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[dict[str, str]] = []
        self.text = ""
        self.headings: list[tuple[int, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.elements.append((tag, tuple(name for name, _ in attrs)))
            self.attributes.append({name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it is."""
        return [found[name] for found in self.attributes if name in found]
