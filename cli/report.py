"""``lowformer-report``: one page of HTML about a bundle."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..progress import Progress
from .command import Answer, Command, CommandParser
from .terminal import tell

_EXAMPLES = """examples:
  lowformer-report demo-all
      what the bundle's manifest states, as demo-all.html
  lowformer-verify demo-all --on gpu,arm:cortex-a76 --json > verify.json
  lowformer-report demo-all --verify verify.json --output demo.html
      with every link to every target
"""


class ReportCommand(Command):
    """The command ``lowformer-report``."""

    name = "lowformer-report"
    description = (
        "Writes one page of HTML about a bundle: what the model and its files are, how"
        " closely they follow it, where their ops run, how fast they are, and what is not"
        " verified. It loads nothing from elsewhere."
    )
    examples = _EXAMPLES

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument("bundle", type=Path, metavar="BUNDLE")
        results = parser.add_argument_group(
            "results", "what other commands printed with --json about this bundle"
        )
        results.add_argument(
            "--verify",
            type=Path,
            metavar="FILE",
            help="of lowformer-verify: parity on every target; without it parity is the export's",
        )
        results.add_argument(
            "--bench",
            type=Path,
            metavar="FILE",
            help="of lowformer-bench: times; without it they are the export's",
        )
        results.add_argument(
            "--sensitivity",
            type=Path,
            metavar="FILE",
            help="of lowformer-calibrate --sensitivity: which ops INT8 hurts",
        )
        results.add_argument(
            "--search",
            type=Path,
            metavar="FILE",
            help="of lowformer-export --max-drop or --min-sqnr: the front of mixes",
        )
        output = parser.add_argument_group("output")
        output.add_argument(
            "--output",
            type=Path,
            metavar="FILE",
            help="the page (default: the bundle's name .html)",
        )
        output.add_argument(
            "--force", dest="overwrite", action="store_true", help="replace an existing file"
        )

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _report(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return ReportCommand().main(arguments)


def _report(options: argparse.Namespace, progress: Progress) -> Answer:
    output = _output(options)
    from ..process.replacing import replaced_file
    from ..report.evidence import read_evidence
    from ..report.page import render

    evidence = read_evidence(
        options.bundle,
        verify=options.verify,
        bench=options.bench,
        sensitivity=options.sensitivity,
        search=options.search,
    )
    page = render(evidence)
    content = page.html.encode()
    with replaced_file(output) as temporary:
        temporary.write_bytes(content)

    def show() -> None:
        verdict = f"{len(page.failures)} failed check(s)" if page.failures else "no failed check"
        tell(f"report: {output}, {len(content) / 1000:.0f} kB, {verdict}")

    return Answer(
        lambda: {
            "path": str(output),
            "bytes": len(content),
            "sections": list(page.sections),
            "failures": list(page.failures),
        },
        show,
    )


def _output(options: argparse.Namespace) -> Path:
    """Where the page goes.

    Raises:
        UsageError: Something is there, or it would lie in the bundle, whose files are all its own.
    """
    bundle = options.bundle.resolve()
    output: Path = options.output or Path(f"{bundle.name}.html")
    if output.resolve().is_relative_to(bundle):
        raise UsageError(f"{output}: lies in the bundle; give --output outside of it")
    if output.is_dir():
        raise UsageError(f"{output}: is a folder; give a file as --output")
    if output.exists() and not options.overwrite:
        raise UsageError(f"{output}: exists; give --force to replace it, or another --output")
    return output


if __name__ == "__main__":
    sys.exit(main())
