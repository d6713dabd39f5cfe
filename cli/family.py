"""``lowformer-bench --family``: whether multiply-accumulates tell the latency of models."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..process.names import different_names
from ..progress import Progress
from .command import Answer, invalid
from .options import check_plot

if TYPE_CHECKING:
    from ..workflows.family import Member


def bench_family(options: argparse.Namespace, counts: list[int], progress: Progress) -> Answer:
    """Makes the variants' files where they are missing, and times them beside the rivals'."""
    from ..workflows.family import compare_models, families_record, make_variants
    from .tables.family import print_family

    check_plot(options)
    folder = options.output or Path("lowformer-family")
    names = () if options.variants is None else different_names(options.variants, "variants")
    rivals = [_rival(text) for text in options.rival or ()]
    members = [*make_variants(folder, options.format or "onnx", names, progress), *rivals]
    families = compare_models(
        members, counts, runs=options.runs, processes=options.processes, progress=progress
    )
    if options.plot:
        from .plots import save_family_plot

        save_family_plot(options.plot, families[0].models, counts[0])

    def show() -> None:
        for family in families:
            print_family(family)

    return Answer(
        lambda: families_record(families).model_dump(mode="json"),
        show,
        invalid((family.benchmark.threads, family.benchmark.doubts) for family in families),
    )


def _rival(text: str) -> Member:
    """A model that the user named with its file.

    Raises:
        UsageError: The text is no name with a file.
    """
    from ..workflows.family import rival_of

    name, equals, file = text.partition("=")
    if not (name and equals and file):
        raise UsageError(f"--rival takes NAME=FILE, not {text}")
    return rival_of(name, Path(file))
