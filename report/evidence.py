"""What a report rests on: a bundle's manifest, and results of other commands about that bundle."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..artifact.files import digest_of
from ..artifact.golden import GoldenVectors
from ..artifact.labels import read_labels
from ..artifact.mac_script import strange_scripts
from ..artifact.manifest import Manifest, read_manifest
from ..artifact.results.bench import BenchResult
from ..artifact.results.calibrate import SensitivityResult
from ..artifact.results.export import SearchResult
from ..artifact.results.verify import VerifyResult
from ..artifact.validation import first_fault
from ..errors import ArtifactError
from ..process.limits import LARGEST_TABLE
from ..process.reading import read_bytes
from ..process.text import printable
from ..tasks.registry import task_of
from ..tasks.task import Task

Result = TypeVar("Result", bound=BaseModel)


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All that a report is made from.

    Attributes:
        manifest: Of the bundle.
        labels: Class names; empty where the bundle has none.
        verify: What ``lowformer-verify`` found, if it is given; the others likewise.
        bench: What ``lowformer-bench`` found.
        sensitivity: What ``lowformer-calibrate`` found.
        search: What a search of ``lowformer-export`` found.
        strange_scripts: What nobody should run of the bundle, a line each.
        golden: The bundle's golden vectors; None where they are not at hand.
    """

    manifest: Manifest
    labels: tuple[str, ...] = ()
    verify: VerifyResult | None = None
    bench: BenchResult | None = None
    sensitivity: SensitivityResult | None = None
    search: SearchResult | None = None
    strange_scripts: tuple[str, ...] = ()
    golden: GoldenVectors | None = None

    @property
    def task(self) -> Task:
        """What the model is for."""
        return task_of(self.manifest.task)


def read_evidence(
    bundle: Path,
    *,
    verify: Path | None = None,
    bench: Path | None = None,
    sensitivity: Path | None = None,
    search: Path | None = None,
) -> Evidence:
    """Reads a bundle's manifest and results about it, and checks that they belong together.

    Args:
        bundle: The bundle's folder.
        verify: JSON of ``lowformer-verify``; the others are of other commands likewise.
        bench: JSON of ``lowformer-bench``.
        sensitivity: JSON of ``lowformer-calibrate --sensitivity``.
        search: JSON of ``lowformer-export`` with a bound.

    Raises:
        ManifestError: The folder is no sound bundle.
        ArtifactError: A file is not what it should be, or speaks of another bundle.
        DataError: The class names are not those of the model.
    """
    manifest = read_manifest(bundle)
    evidence = Evidence(
        manifest=manifest,
        labels=_labels(bundle, manifest),
        verify=_read(verify, VerifyResult, "lowformer-verify --json"),
        bench=_read(bench, BenchResult, "lowformer-bench --json"),
        sensitivity=_read(
            sensitivity, SensitivityResult, "lowformer-calibrate --sensitivity --json"
        ),
        search=_read(search, SearchResult, "lowformer-export --max-drop or --min-sqnr, --json"),
        strange_scripts=strange_scripts(bundle, manifest),
        golden=GoldenVectors.load(bundle / manifest.golden.path),
    )
    for path, reason in (
        (verify, _other_verify(evidence)),
        (bench, _other_bench(evidence)),
        (sensitivity, _other_sensitivity(evidence)),
        (search, _other_search(evidence)),
    ):
        if reason:
            raise ArtifactError(f"{path}: {reason}")
    return evidence


def _labels(bundle: Path, manifest: Manifest) -> tuple[str, ...]:
    record = manifest.labels
    return read_labels(bundle / record.path, manifest.num_classes) if record else ()


def _read(path: Path | None, kind: type[Result], command: str) -> Result | None:
    """A command's output; None where no file is given."""
    if path is None:
        return None
    try:
        return kind.model_validate_json(read_bytes(path, LARGEST_TABLE))
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValidationError as error:
        reason = printable(first_fault(error))
        raise ArtifactError(f"{path}: is no output of {command} ({reason})") from error


def _other_verify(evidence: Evidence) -> str | None:
    """Why a verification is not about the bundle, or None."""
    result = evidence.verify
    if result is None:
        return None
    ours = {item.file.path: item.file.sha256 for item in evidence.manifest.artifacts}
    for name, digest in result.digests.items():
        if ours.get(name) != digest:
            return f"was taken of another {printable(name)}; run lowformer-verify on this bundle"
    runnable = {item.file.path for item in evidence.manifest.artifacts if item.not_run is None}
    named = {item.file for item in result.placed}
    if runnable - named or named - set(ours):
        return _names_differ("verifies", named, runnable, "lowformer-verify")
    return None


def _other_bench(evidence: Evidence) -> str | None:
    """Why timings are not about the bundle, or None; files of elsewhere may be among them."""
    if evidence.bench is None:
        return None
    digests = {item.file.path: item.file.sha256 for item in evidence.manifest.artifacts}
    paths = [item.path for group in evidence.bench.benchmarks for item in group.files]
    names = {PurePath(path).name for path in paths}
    if not names & set(digests):
        return _names_differ("times", names, digests, "lowformer-bench")
    for path in map(Path, paths):
        expected = digests.get(path.name)
        if expected and path.exists() and digest_of(path) != expected:
            return (
                f"times {printable(path)}, which is not the bundle's {printable(path.name)}; run"
                " lowformer-bench on this bundle"
            )
    return None


def _other_sensitivity(evidence: Evidence) -> str | None:
    """Why a sensitivity is not about the bundle, or None."""
    result, calibration = evidence.sensitivity, evidence.manifest.calibration
    if result is None or calibration is None or result.digest == calibration.sha256:
        return None
    return (
        "was taken of another model or with other activation ranges than the bundle's; run"
        " lowformer-calibrate with the model, images and observer of the export"
    )


def _other_search(evidence: Evidence) -> str | None:
    """Why a search is not about the bundle's model, or None."""
    result, manifest = evidence.search, evidence.manifest
    if result is None:
        return None
    if result.model == manifest.model and result.source.sha256 == manifest.source.sha256:
        return None
    return "searched another model than the bundle's; give the search of this checkpoint"


def _names_differ(verb: str, theirs: Iterable[str], ours: Iterable[str], command: str) -> str:
    def shown(names: Iterable[str]) -> str:
        return ", ".join(map(printable, sorted(names))) or "nothing"

    return f"{verb} {shown(theirs)}, the bundle holds {shown(ours)}; run {command} on this bundle"
