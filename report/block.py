"""What a page is made of: plain values, which the template turns into markup.

Nothing here is markup. Every text may come from a bundle, and is escaped where it is shown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar, Literal

Verdict = Literal["good", "bad", "open"]
"""Holds, does not hold, was not judged."""


@dataclasses.dataclass(frozen=True)
class Meter:
    """A bar on a scale from 0 to 1, beside the figure that it shows.

    Attributes:
        value: Where the bar ends.
        low: Lower end of the range around it, if there is one.
        high: Upper end.
        mark: Where a line across stands, if one does.
        is_point: Whether a point is drawn in place of a bar, since the scale has no zero.
    """

    value: float
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    is_point: bool = False


@dataclasses.dataclass(frozen=True)
class Cell:
    """A table's cell.

    Attributes:
        text: What it says.
        detail: What is said in smaller letters after it.
        verdict: Whether that is good.
        meter: A bar, which ``text`` then says in words.
    """

    text: str
    detail: str = ""
    verdict: Verdict | None = None
    meter: Meter | None = None


@dataclasses.dataclass(frozen=True)
class Column:
    """A table's column.

    Attributes:
        heading: Its heading.
        unit: What its figures are in.
        is_text: Whether it holds words; figures stand at the right.
    """

    heading: str
    unit: str = ""
    is_text: bool = False


@dataclasses.dataclass(frozen=True)
class Group:
    """Rows of a table that belong together, under a heading where it is not empty."""

    rows: tuple[tuple[Cell, ...], ...]
    heading: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table with a caption; the first cell of each row names it."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, caption: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> Table:
        """A table of one group."""
        return cls(caption, tuple(columns), (Group(tuple(rows)),))


@dataclasses.dataclass(frozen=True)
class Facts:
    """Terms with what is to be said of them: ``(term, text, detail)``."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[str, str, str], ...]


@dataclasses.dataclass(frozen=True)
class Lines:
    """Sentences, one below the other; ``heading`` may be empty."""

    kind: ClassVar[str] = "lines"
    lines: tuple[str, ...]
    heading: str = ""


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image that the page holds itself.

    Attributes:
        jpeg: The file in base64.
        width: In pixels.
        height: In pixels.
        description: The same in words.
    """

    jpeg: str
    width: int
    height: int
    description: str


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Images beside each other, with a caption."""

    kind: ClassVar[str] = "pictures"
    caption: str
    pictures: tuple[Picture, ...]


@dataclasses.dataclass(frozen=True)
class Hidden:
    """Blocks that a reader opens to see, and a printer prints."""

    kind: ClassVar[str] = "hidden"
    summary: str
    blocks: tuple[Block, ...]


Series = Literal["predicted", "measured", "chosen", "cell", "best"]
"""What points of a plot have in common: of a search's front, and of a sweep."""


@dataclasses.dataclass(frozen=True)
class Dot:
    """A point of a plot, in its picture's units.

    Attributes:
        x: From the left.
        y: From the top.
        series: Which series it belongs to.
        label: What it is, for those who point at it or cannot see it.
    """

    x: float
    y: float
    series: Series
    label: str


@dataclasses.dataclass(frozen=True)
class Tick:
    """A line of a plot's grid with its figure."""

    at: float
    text: str


@dataclasses.dataclass(frozen=True)
class Plot:
    """A plot of points over two axes; lengths are in its picture's units.

    Attributes:
        caption: What it shows.
        description: The same for those who cannot see it.
        width: Of the picture.
        height: Of the picture.
        frame: Left, top, right and bottom of what the axes enclose.
        x_title: What goes to the right.
        y_title: What goes up.
        x_ticks: Lines that stand.
        y_ticks: Lines that lie.
        line: Points of a line through some of them.
        dots: All points.
    """

    kind: ClassVar[str] = "plot"
    caption: str
    description: str
    width: int
    height: int
    frame: tuple[int, int, int, int]
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    line: tuple[tuple[float, float], ...]
    dots: tuple[Dot, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """Those of its points, each once."""
        return tuple(dict.fromkeys(dot.series for dot in self.dots))


Block = Table | Facts | Lines | Pictures | Hidden | Plot


@dataclasses.dataclass(frozen=True)
class Section:
    """A chapter of the page.

    Attributes:
        anchor: What links lead to.
        title: Its heading.
        lead: What is said first.
        blocks: What follows.
    """

    anchor: str
    title: str
    lead: str
    blocks: tuple[Block, ...]
