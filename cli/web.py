"""``lowformer-web``: a bundle as a page for browsers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..process.names import different_names
from ..progress import Progress
from .command import Answer, Command, CommandParser
from .options import thread_counts
from .terminal import tell

_EXAMPLES = """examples:
  lowformer-web demo-bundle --lan
      a page for phones in the same network: parity, times, photos and the camera
  lowformer-web demo-bundle --output site
      the same as a folder for any host that serves files
  lowformer-verify demo-bundle --web-report demo-web.json
      what the page saved, judged as everything else is
"""


class WebCommand(Command):
    """The command ``lowformer-web``."""

    name = "lowformer-web"
    description = (
        "Makes a page of a bundle that checks, times and tries its files in whatever browser opens"
        " it, without an app: TFLite files by LiteRT.js in WebAssembly and on the GPU by WebGPU,"
        " ONNX files by ONNX Runtime Web. Serves it from here, or writes it as a folder for any"
        " host. Its report is judged by lowformer-verify and lowformer-bench --web-report."
    )
    examples = _EXAMPLES

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        parser.add_argument("bundle", type=Path, metavar="BUNDLE")
        parser.add_argument("--output", type=Path, metavar="FOLDER", help="write it there instead")
        parser.add_argument(
            "--force",
            dest="overwrite",
            action="store_true",
            help="replace an older site there",
        )
        parser.add_argument(
            "--lan",
            action="store_true",
            help="serve it to the local network over https, with a certificate made for this run",
        )
        parser.add_argument(
            "--no-tls",
            action="store_true",
            help="with --lan, serve it over http: no warning, but no camera, GPU or threads either",
        )
        parser.add_argument(
            "--minutes", type=float, metavar="M", help="for how long it is served (default: 30)"
        )
        page = parser.add_argument_group("what the page does")
        page.add_argument(
            "--accelerators",
            default="wasm,webgpu",
            metavar="NAMES",
            help="of wasm, webgpu and webgpu-fp16 (default: %(default)s)",
        )
        page.add_argument(
            "--threads",
            default="1",
            metavar="N,...",
            help="of WebAssembly; more than one needs https or localhost (default: %(default)s)",
        )
        page.add_argument(
            "--rounds", type=int, metavar="N", help="timed runs of each file in each of five passes"
        )

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        from ..targets.web.bundle_site import ROUNDS

        chosen = {
            "accelerators": different_names(options.accelerators, "accelerators"),
            "threads": thread_counts(options.threads),
            "rounds": ROUNDS if options.rounds is None else options.rounds,
        }
        if options.output:
            return _write(options, chosen, progress)
        return _serve(options, chosen, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return WebCommand().main(arguments)


def _write(options: argparse.Namespace, chosen: dict[str, Any], progress: Progress) -> Answer:
    from ..workflows.web_site import write_web_site

    if options.lan or options.no_tls or options.minutes is not None:
        raise UsageError("--lan, --no-tls and --minutes are for serving; leave --output out")
    sizes = write_web_site(
        options.bundle, options.output, overwrite=options.overwrite, progress=progress, **chosen
    )
    megabytes = sum(sizes.values()) / 1e6
    return Answer(
        lambda: {"folder": str(options.output), "files": sizes},
        lambda: tell(f"site: {options.output} ({len(sizes)} files, {megabytes:.1f} MB)"),
    )


def _serve(options: argparse.Namespace, chosen: dict[str, Any], progress: Progress) -> Answer:
    from ..workflows.web_site import MINUTES, serve_web_site

    if options.overwrite:
        raise UsageError("--force replaces a folder; give --output")
    if options.no_tls and not options.lan:
        raise UsageError("--no-tls is for --lan; this machine alone is served without https anyway")
    minutes = MINUTES if options.minutes is None else options.minutes
    serve_web_site(
        options.bundle,
        lan=options.lan,
        tls=not options.no_tls,
        minutes=minutes,
        progress=progress,
        **chosen,
    )
    return Answer(lambda: {"minutes": minutes}, lambda: None)


if __name__ == "__main__":
    sys.exit(main())
