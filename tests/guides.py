"""The code of a bundle's guide, as a reader takes it from there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

_SECTION = re.compile(r"^## (.*)\n", re.MULTILINE)
_BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)
_PHOTO = "photo.jpg"
_MARK = "-- file "


def sections_of(bundle: Path) -> dict[str, str]:
    """The guide's sections, by their headings; what stands before the first is under none."""
    parts = _SECTION.split((bundle / "USE.md").read_text(encoding="utf-8"))
    return dict(zip(("", *parts[1::2]), parts[::2], strict=True))


def blocks_of(section: str, language: str) -> list[str]:
    """The blocks of code of a section that are in a language."""
    return [code for name, code in _BLOCK.findall(section) if name == language]


def run_guide(bundle: Path, photo: Image.Image, folder: Path, after: str = "") -> dict[str, str]:
    """Runs the guide's Python, the first sections' once and then each file's, in a new process.

    Args:
        bundle: Its folder.
        photo: What the code finds as a photo; without loss, whatever its name says.
        folder: An empty one, where the code is run.
        after: Code that follows each file's.

    Returns:
        What each file's code printed, by the file.
    """
    for path in bundle.iterdir():
        (folder / path.name).symlink_to(path)
    photo.save(folder / _PHOTO, "png")
    sections = sections_of(bundle)
    shared, files = [], []
    for name, section in sections.items():
        code = blocks_of(section, "python")
        if (bundle / name).is_file() and name:
            files += [f"print({_MARK + name!r})", *code, after] if code else []
        else:
            shared += code
    lines = [*shared, *files, "import sys", "assert 'lowformer_edge' not in sys.modules"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    printed = re.split(rf"^{_MARK}(.*)\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(printed[1::2], printed[2::2], strict=True))
