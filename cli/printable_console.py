"""What prints tables and steps, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from ..process.text import printable


class PrintableConsole(Console):
    """A console that takes no text for markup, and shows what steers a terminal as escapes.

    Args:
        options: Of :class:`rich.console.Console`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """See :class:`rich.console.Console`; escapes are there before widths are taken."""
        return super().render_str(printable(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """See :class:`rich.console.Console`."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_printable(segment.text), segment.style)


def _printable(text: str) -> str:
    """Text of which only the line breaks, which are the console's own, steer a terminal."""
    return "\n".join(map(printable, text.split("\n")))
