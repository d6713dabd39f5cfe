"""The app against the version of Android that Gradle compiles it for."""

from __future__ import annotations

import functools
from pathlib import Path

from ....lab.android import STUBS_LEVEL
from .android_api import write_android_api
from .api_level import ApiLevels
from .compilation import Compilation
from .kotlin import compile_kotlin
from .project import Module
from .tasks import run_tasks


def compile_newest(made: Compilation, levels: ApiLevels, folder: Path) -> Path:
    """Compiles the modules that know Android once more, against its newest classes.

    Args:
        made: All modules, compiled against Android's older classes.
        levels: What tells Android's versions apart.
        folder: Takes what is made.

    Returns:
        Android's sources.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
    """
    sources = write_android_api(
        made.toolchain.android_stubs,
        levels.classes,
        levels.history,
        STUBS_LEVEL,
        folder / "android",
    )
    run_tasks(
        {
            name: ((), functools.partial(compile_against, made, module, sources, folder / name))
            for name, module in made.project.modules.items()
            if module.android
        }
    )
    return sources


def compile_against(made: Compilation, module: Module, sources: Path, into: Path) -> None:
    """Compiles one module against sources of Android in place of its older classes.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
    """
    older = {made.newer_android, made.toolchain.android_classes}
    seen = [path for path in made.seen(module) if path not in older]
    compile_kotlin(
        made.toolchain,
        module.name,
        module.sources,
        [made.toolchain.pure_classes, *seen],
        into,
        java_sources=sources,
    )
