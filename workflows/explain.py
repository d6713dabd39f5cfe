"""Which op of a file is to blame for its distance from the eager model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArtifactError, MissingDependencyError, TargetError
from ..progress import Progress
from ..runtime.damage import telling_damage
from ..tasks.registry import task_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..artifact.manifest import ArtifactRecord, Manifest
    from ..artifact.outputs import Outputs
    from ..artifact.preprocessing import Preprocessing
    from ..artifact.samples import Samples
    from ..export.eager import EagerModel
    from ..judging.culprit import Culprit
    from ..judging.links import Link
    from ..targets.target import Target
    from .target_check import TargetCheck


_PROMISED_BITS = {"fp32": 24, "fp16": 11}
"""Of ops in files of these precisions; in others some ops are coarser."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What is known about the cause.

    Attributes:
        text: A clause for people.
        culprit: The op to blame, where it was found.
    """

    text: str
    culprit: Culprit | None = None


WITHOUT_MODEL = Finding("the op to blame is named where `weights` are given (and torch is there)")


def explain_links(
    check: TargetCheck,
    targets: Sequence[Target],
    bundle: Path,
    manifest: Manifest,
    eager: EagerModel | None,
    images: Samples,
    progress: Progress,
) -> list[Link]:
    """Links with the cause where a file does not follow the eager model, or itself elsewhere.

    Args:
        check: What was found out on all targets.
        targets: The targets.
        bundle: The files' folder.
        manifest: The bundle's.
        eager: The model; None where it cannot be had.
        images: What the files were run on here.
        progress: Is told about each file.
    """
    from ..judging.links import EAGER, HOST, place_of

    findings: dict[str, Finding] = {}
    failing = {link.second for link in check.links if link.failure and link.first == EAGER}
    placed = {one.place: one for one in check.placed if one.outputs is not None}
    here = {
        one.file: one.outputs
        for place, one in placed.items()
        if place in failing and one.target == HOST and one.outputs is not None
    }
    if here and images.outputs is not None:
        found = find_culprits(bundle, manifest, eager, images, here, images.outputs, progress)
        findings |= {place_of(file, HOST): finding for file, finding in found.items()}
    by_name = {target.name: target for target in targets}
    for link in check.links:
        one = placed.get(link.second)
        if link.failure is None or one is None or one.target == HOST:
            continue
        graph = _graph_of(one.file, manifest)
        if graph or link.first == place_of(one.file, HOST):
            target = by_name[one.target]
            with progress.step(f"looking for the guilty op of {link.second}"):
                findings[link.second] = _difference(
                    target, bundle / (graph or one.file), images, manifest.preprocessing_spec()
                )
    return [_explained(link, findings) for link in check.links]


def _graph_of(file: str, manifest: Manifest) -> str | None:
    """The graph that a compiled file was made of, which shows its ops; None for other files."""
    records = {item.file.path: item for item in manifest.artifacts}
    if records[file].compiled is None:
        return None
    spec = records[file].spec
    wanted = {**spec, "options": {**(spec.get("options") or {}), "chip": ""}}
    return next((name for name, item in records.items() if item.spec == wanted), None)


def _difference(
    target: Target, path: Path, images: Samples, preprocessing: Preprocessing
) -> Finding:
    """The first op that a target computes otherwise than this machine does."""
    from ..judging.culprit import FLOATS_DB, HALF_DB, find_difference

    try:
        tracer = target.tracer(path)
        image = preprocessing.normalise(images.pixels[:1]).repeat(tracer.batch, 0)
        found = tracer.read_exposed(image, target.values(path, image))
        culprit = find_difference(found, tracer, least_db=HALF_DB if target.half else FLOATS_DB)
    except (ArtifactError, MissingDependencyError, TargetError) as error:
        return Finding(f"the op to blame cannot be found: {error}")
    if culprit is None:
        return Finding("each op by itself computes there what it does here")
    return Finding(f"first guilty op {culprit}", culprit)


def _explained(link: Link, findings: Mapping[str, Finding]) -> Link:
    finding = findings.get(link.second)
    if link.failure is None or finding is None:
        return link
    return dataclasses.replace(link, cause=finding.text, culprit=finding.culprit)


def find_culprits(
    bundle: Path,
    manifest: Manifest,
    eager: EagerModel | None,
    images: Samples,
    outputs: Mapping[str, Outputs],
    expected: Outputs,
    progress: Progress,
) -> dict[str, Finding]:
    """Looks for the first op that does not follow the eager model, in each of some files.

    Args:
        bundle: The files' folder.
        manifest: The bundle's.
        eager: The model; None where it cannot be had.
        images: What the files were run on.
        outputs: Of the files that failed, by their paths.
        expected: The eager model's.
        progress: Is told about each file.

    Returns:
        A finding for each file. It is looked for on the image with the largest error.
    """
    if eager is None:
        return dict.fromkeys(outputs, WITHOUT_MODEL)
    records = {item.file.path: item for item in manifest.artifacts}
    preprocessing = manifest.preprocessing_spec()
    findings = {}
    task = task_of(manifest.task)
    for path, given in outputs.items():
        reference = task.reference(expected, tuple(given))
        differences = [abs(values - reference[name]) for name, values in given.items()]
        worst = int(sum(one.reshape(len(one), -1).max(1) for one in differences).argmax())
        image = preprocessing.normalise(images.pixels[worst : worst + 1])
        with progress.step(f"looking for the guilty op of {path}", 1) as advance:
            findings[path] = _find(bundle / path, records[path], eager, image)
            advance(1)
    return findings


def _find(
    path: Path, record: ArtifactRecord, eager: EagerModel, image: NDArray[np.float32]
) -> Finding:
    from ..judging.culprit import find_culprit
    from ..runtime.formats import format_of

    try:
        tracer = format_of(path).open_tracer(path)
        images = image.repeat(tracer.batch, 0)
        reference = eager.trace(record.format, images)
        bits = _PROMISED_BITS.get(record.precision, 1)
        with telling_damage(path):
            culprit = find_culprit(tracer, images, reference, bits)
    except (ArtifactError, MissingDependencyError) as error:
        return Finding(f"the op to blame cannot be found: {error}")
    if culprit is None:
        return Finding(
            "each op by itself follows the eager model, so that no single one is to blame"
        )
    return Finding(f"first guilty op {culprit}", culprit)
