"""The page: all sections, turned into one file of HTML."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..process.text import printable
from ..version import __version__
from .accuracy import accuracy_section
from .block import Section, Series
from .environment import environment_section
from .evidence import Evidence
from .files import files_section
from .latency import latency_section
from .limits import limits_section
from .model import model_section
from .parity import parity_section
from .pictures import pictures_section
from .quantization import quantization_section
from .residency import residency_section
from .summary import summary_of

TEMPLATES = Path(__file__).parent
TEMPLATE = "page.html"

SECTIONS = (
    limits_section,
    model_section,
    files_section,
    parity_section,
    accuracy_section,
    pictures_section,
    residency_section,
    latency_section,
    quantization_section,
    environment_section,
)
"""In the order of the page."""

GLYPHS = {"good": "✓", "bad": "✕", "open": "·"}
"""What stands before a verdict, for those who do not see its colour."""

RADII: Mapping[Series, float] = {
    "predicted": 2,
    "measured": 3.5,
    "chosen": 6,
    "cell": 3,
    "best": 4,
}
"""Of a plot's points, by series."""


@dataclasses.dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        html: The whole file.
        sections: Anchors of its sections, in order.
        failures: What does not hold, a line each.
    """

    html: str
    sections: tuple[str, ...]
    failures: tuple[str, ...]


def render(evidence: Evidence) -> Page:
    """The page about a bundle; the same evidence gives the same page.

    Raises:
        UsageError: The manifest requires what cannot be required.
    """
    summary = summary_of(evidence)
    made = (section(evidence) for section in SECTIONS)
    sections = tuple(section for section in made if section is not None)
    html = rendered(TEMPLATE, sections, summary=summary, sources=_sources(evidence))
    return Page(html, tuple(section.anchor for section in sections), summary.failures)


def rendered(template: str, sections: Sequence[Section], **values: Any) -> str:
    """A page by one of the templates beside this module.

    Args:
        template: Its file.
        sections: The page's.
        **values: What the template alone takes.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            sections=sections,
            version=__version__,
            glyphs=GLYPHS,
            radii=RADII,
            at=_percentage,
            **values,
        )
    )


def _environment() -> Environment:
    """The template engine, which escapes every text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _shown(value: Any) -> Any:
    """A text without characters that change what stands around them, before it is escaped.

    Such are those that turn the direction of writing. Markup is the template's own.
    """
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(text: str) -> Markup:
    """A name that may go on in a new line after each dot."""
    return Markup(".<wbr>").join(printable(text).split("."))


def _percentage(share: float) -> str:
    """A share of a meter's length, as the template draws it."""
    return f"{100 * min(1.0, max(0.0, share)):.2f}"


def _sources(evidence: Evidence) -> list[str]:
    """What the page was made from, in words."""
    results = {
        "lowformer-verify": evidence.verify,
        "lowformer-bench": evidence.bench,
        "lowformer-calibrate": evidence.sensitivity,
        "a search of lowformer-export": evidence.search,
    }
    given = [f"the output of {name}" for name, result in results.items() if result]
    return ["the bundle's manifest", *given]
