"""``lowformer-bench --family``: whether multiply-accumulates tell the latency of models."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..progress import Progress
from .command import exit_code_of, print_json
from .options import check_plot
from .terminal import shown_progress

if TYPE_CHECKING:
    from ..workflows.family import Member


def bench_family(options: argparse.Namespace, counts: list[int]) -> int:
    """Makes the variants' files where they are missing, and times them beside the rivals'."""
    from ..runtime.machine import describe_machine
    from ..workflows.bench import benchmark
    from ..workflows.family import placed
    from .tables.family import family_json, print_family

    check_plot(options)
    folder = options.output or Path("lowformer-family")
    rivals = [_rival(text) for text in options.rival or ()]
    with shown_progress(quiet=options.quiet) as progress:
        members = [
            *_variants(folder, options.format or "onnx", options.variants, progress),
            *rivals,
        ]
        found = [
            benchmark(
                [member.path for member in members],
                threads=count,
                runs=options.runs,
                processes=options.processes,
                progress=progress,
            )
            for count in counts
        ]
    models = [placed(members, item) for item in found]
    if options.json:
        results = [family_json(item, each) for item, each in zip(found, models, strict=True)]
        print_json({"machine": describe_machine(), "families": results})
    elif not options.quiet:
        for item, each in zip(found, models, strict=True):
            print_family(item, each)
    if options.plot:
        from .plots import save_family_plot

        save_family_plot(options.plot, models[0], counts[0])
    return exit_code_of([(item.threads, item.doubts) for item in found])


def _variants(folder: Path, format_: str, names: str | None, progress: Progress) -> list[Member]:
    """The variants' files, made with random weights where they are missing.

    Raises:
        ConfigError: A name is none of a variant.
        ExportError: A converter failed.
    """
    from ..artifact.content import write_content
    from ..artifact.files import replaced_file
    from ..artifact.formats import FORMATS
    from ..export.formats import EXPORTERS
    from ..export.spec import ExportSpec
    from ..models.cost import cost_of
    from ..models.loading import load_model
    from ..models.variants import PUBLISHED, variant
    from ..workflows.family import Member

    configs = [variant(name) for name in (names.split(",") if names else PUBLISHED)]
    folder.mkdir(parents=True, exist_ok=True)
    members = []
    for config in configs:
        path = folder / f"{config.name}-random-fp32{FORMATS[format_].suffix}"
        if not path.exists():
            with progress.step(f"making {path.name} with random weights"):
                exporter = EXPORTERS[format_](load_model(config.name, random_weights=True))
                content = exporter.export(ExportSpec(format_), exporter.model, None)
                with replaced_file(path) as temporary:
                    write_content(temporary, content)
        cost = cost_of(config)
        members.append(Member(config.name, path, cost.macs, cost.parameters, config.name))
    return members


def _rival(text: str) -> Member:
    """A model that the user named with its file.

    Raises:
        UsageError: The text is no name with a file.
    """
    from ..models.onnx_cost import macs_and_params
    from ..workflows.family import Member

    name, equals, file = text.partition("=")
    if not (name and equals and file):
        raise UsageError(f"--rival takes NAME=FILE, not {text}")
    path = Path(file)
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    macs, params = macs_and_params(path) if path.suffix == ".onnx" else (None, None)
    return Member(name, path, macs, params)
