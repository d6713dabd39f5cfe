"""The times of files' ops."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..artifact.results.bench import KindTimeResult, OpTimeResult, ProfileResult, ProfilesResult
from ..progress import Progress
from ..runtime.profile import Profile
from ..runtime.work.request import ProfileRequest
from ..targets.target import Target


@dataclasses.dataclass(frozen=True)
class FileProfile:
    """The times of a file's ops with a number of threads."""

    path: Path
    threads: int
    profile: Profile

    def record(self) -> ProfileResult:
        """The same as it is written."""
        profile = self.profile
        return ProfileResult(
            path=str(self.path),
            runtime=profile.runtime,
            threads=self.threads,
            runs=profile.runs,
            missing=profile.missing,
            milliseconds=profile.milliseconds,
            kinds=tuple(
                KindTimeResult(kind=kind, ops=count, ms=time, share=profile.share(time))
                for kind, count, time in profile.kinds()
            ),
            ops=tuple(
                OpTimeResult(
                    name=op.name,
                    kind=op.kind,
                    ms=op.milliseconds,
                    share=profile.share(op.milliseconds),
                )
                for op in profile.ops
            ),
        )


@dataclasses.dataclass(frozen=True)
class Profiles:
    """The profiles of files.

    Attributes:
        machine: Where they were taken.
        files: One for each file and number of threads.
    """

    machine: dict[str, str]
    files: tuple[FileProfile, ...]

    def record(self) -> ProfilesResult:
        """The same as it is written."""
        return ProfilesResult(
            machine=self.machine, profiles=tuple(file.record() for file in self.files)
        )


def profile_files(
    paths: Sequence[Path], counts: Sequence[int], runs: int, target: Target, progress: Progress
) -> Profiles:
    """What the ops of files take, with each number of threads.

    Raises:
        ArtifactError: A file cannot be run.
        UsageError: No times of ops can be taken there.
    """
    asked = [(path, count) for count in counts for path in paths]
    requests = [ProfileRequest(files=(path,), threads=count, runs=runs) for path, count in asked]
    measured = target.measure(requests, "profiling", progress)
    profiles = zip(asked, measured.of(Profile), strict=True)
    return Profiles(
        measured.machine, tuple(FileProfile(*one, profile) for one, profile in profiles)
    )
