"""Verifying a bundle: every file against the eager model, and against each other, on targets."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import demo
from ..artifact.files import digest_of
from ..artifact.golden import GoldenVectors
from ..artifact.mac_report import UnitResult, read_mac_report
from ..artifact.manifest import Manifest, Parity, read_manifest
from ..artifact.results.verify import MacResult, VerifyResult
from ..artifact.samples import Samples
from ..judging.links import EAGER, HOST, Edge, Link, edges, rewritten_links
from ..judging.parity import compare
from ..judging.promise import promise_of
from ..judging.requirement import Requirement, parse_requirement
from ..progress import Progress
from ..targets.npu.target import check_chips
from ..targets.target import Target
from .data import ImageChoice, bundle_images
from .explain import explain_links
from .target_check import Checked, TargetCheck, check_on_targets

if TYPE_CHECKING:
    from ..export.eager import EagerModel

TARGET_IMAGES = 16
"""How many images are run on targets other than the host, unless something else is asked for."""


@dataclasses.dataclass(frozen=True)
class MacComparison:
    """What a Mac said of a package on one choice of compute units.

    Attributes:
        package: The package's name.
        units: The compute units.
        result: What the Mac said.
        parity: How closely that follows the eager model; None where the package failed.
    """

    package: str
    units: str
    result: UnitResult
    parity: Parity | None

    def record(self) -> MacResult:
        """The same as it is written, without logits and ops."""
        result = self.result.model_dump(exclude={"logits", "ops"})
        return MacResult(package=self.package, units=self.units, parity=self.parity, **result)


@dataclasses.dataclass(frozen=True)
class Verification:
    """What was found out about a bundle.

    Attributes:
        bundle: Its folder.
        manifest: The bundle's.
        images: What its files were compared on.
        check: Every file on every target, every link, and what does not hold.
        mac: What a Mac said.
    """

    bundle: Path
    manifest: Manifest
    images: Samples
    check: TargetCheck
    mac: tuple[MacComparison, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """What does not hold, a line each."""
        return self.check.failures

    @property
    def not_run(self) -> dict[str, str]:
        """Files that nothing here runs, with the reason."""
        return {
            item.file.path: item.not_run
            for item in self.manifest.artifacts
            if item.not_run is not None
        }

    def edges(self) -> list[Edge]:
        """Every pair of the eager model and the files on this machine, compared."""
        logits = {} if self.images.logits is None else {EAGER: self.images.logits}
        logits |= {
            item.file: item.logits
            for item in self.check.placed
            if item.target == HOST and item.logits is not None
        }
        return edges(logits, self.images.labels, self.images.name)

    def record(self) -> VerifyResult:
        """The same as it is written."""
        return VerifyResult(
            bundle=str(self.bundle),
            images=len(self.images.pixels),
            data=self.images.name,
            digests={item.file.path: item.file.sha256 for item in self.manifest.artifacts},
            edges=tuple(edge.record() for edge in self.edges()),
            not_run=self.not_run,
            targets=self.check.machines,
            placed=tuple(placed.record() for placed in self.check.placed),
            links=tuple(link.record() for link in self.check.links),
            mac=tuple(comparison.record() for comparison in self.mac),
            failures=self.failures,
        )


def verify_bundle(
    bundle: Path,
    targets: Sequence[Target],
    evaluation: ImageChoice,
    *,
    weights: Path | None = None,
    mac_report: Path | None = None,
    requirements: Sequence[Requirement] = (),
    target_images: int = TARGET_IMAGES,
    threads: int = 1,
    progress: Progress,
) -> Verification:
    """Runs a bundle's files, and compares their logits with the eager model's.

    Args:
        bundle: The bundle.
        targets: Where its files are run; the host first.
        evaluation: Images to run them on. Without any, the bundle's golden vectors are run, or,
            where the eager model is at hand, the bundled images.
        weights: The bundle's checkpoint, to run the eager model too.
        mac_report: What the bundle's ``check_on_mac.py`` wrote on a Mac.
        requirements: What each file's residency must be, besides what the bundle states.
        target_images: How many of the images are run on targets other than the host.
        threads: Of each runtime.
        progress: Is told about each step.

    Raises:
        ManifestError: The bundle is damaged.
        UsageError: The weights are not those that the bundle was made from.
        ArtifactError: A file cannot be run on the host.
        CheckError: Logits cannot be compared.
        LabError: A target's laboratory is missing.
        TargetError: A target failed as a whole.
    """
    manifest = read_manifest(bundle)
    check_chips(targets, [item.compiled for item in manifest.artifacts if item.compiled])
    required = [*requirements, *(parse_requirement(text) for text in manifest.requirements)]
    runnable = [item for item in manifest.artifacts if item.not_run is None]
    mac = _read_mac_results(mac_report, bundle, manifest)
    eager = _eager_model(weights, manifest)
    images = _images(evaluation, bundle, manifest, eager, progress)
    rewritten = _rewritten_links(eager, manifest, images, target_images, progress)
    check = check_on_targets(
        [Checked(bundle / item.file.path, item.precision) for item in runnable],
        targets,
        images,
        manifest.preprocessing_spec(),
        list(dict.fromkeys(required)),
        elsewhere=target_images,
        trained=manifest.source.fit_for_accuracy,
        threads=threads,
        progress=progress,
    )
    explained = explain_links(check, targets, bundle, manifest, eager, images, progress)
    links = (*rewritten, *explained)
    failures = [link.complaint for link in links if link.complaint]
    failures += [*check.failures, *_mac_failures(mac, manifest)]
    check = dataclasses.replace(check, links=links, failures=tuple(failures))
    return Verification(bundle, manifest, images, check, mac)


def _eager_model(weights: Path | None, manifest: Manifest) -> EagerModel | None:
    """The bundle's eager model, where its checkpoint was given or is the bundled one.

    Without torch there is none, unless its checkpoint was given.
    """
    if weights is None:
        is_demo = manifest.source.sha256 == digest_of(demo.CHECKPOINT)
        if not is_demo or not importlib.util.find_spec("torch"):
            return None
    from ..export.eager import EagerModel

    return EagerModel.of_bundle(manifest, weights or demo.CHECKPOINT)


def _images(
    evaluation: ImageChoice,
    bundle: Path,
    manifest: Manifest,
    eager: EagerModel | None,
    progress: Progress,
) -> Samples:
    """What files are compared on, with the eager model's logits if they can be had."""
    if not evaluation.path and eager is None:
        golden = GoldenVectors.load(bundle / manifest.golden.path)
        return Samples("golden vectors", golden.pixels, logits=golden.logits)
    decoded = bundle_images(evaluation, bundle, manifest, progress)
    logits = None
    if eager:
        with progress.step("running the eager model", len(decoded)) as advance:
            logits = eager.logits(decoded.pixels, advance)
    return dataclasses.replace(decoded, logits=logits)


def _rewritten_links(
    eager: EagerModel | None, manifest: Manifest, images: Samples, count: int, progress: Progress
) -> list[Link]:
    """The links from the eager model to what it is rewritten to for the bundle's formats."""
    if eager is None or images.logits is None:
        return []
    few = images.pixels[:count]
    formats = dict.fromkeys(item.target for item in manifest.artifacts)
    with progress.step("running its rewrites", len(formats) * len(few)) as advance:
        rewritten = {name: eager.rewritten_logits(name, few, advance) for name in formats}
    return rewritten_links(images.logits[: len(few)], rewritten, images.name)


def _read_mac_results(
    report: Path | None, bundle: Path, manifest: Manifest
) -> tuple[MacComparison, ...]:
    """The results of a Mac's report, compared with the bundle's golden vectors."""
    if report is None:
        return ()
    golden = GoldenVectors.load(bundle / manifest.golden.path)
    results = []
    for name, package in read_mac_report(report, manifest).packages.items():
        for units, result in package.units.items():
            parity = None
            if result.failure is None:
                parity = compare(golden.logits, result.logits_array(), None, "golden vectors")
            results.append(MacComparison(name, units, result, parity))
    return tuple(results)


def _mac_failures(results: Sequence[MacComparison], manifest: Manifest) -> list[str]:
    """What does not hold of what a Mac said, a line each."""
    precisions = {item.file.path: item.precision for item in manifest.artifacts}
    trained = manifest.source.fit_for_accuracy
    lines = []
    for item in results:
        reason = item.result.failure
        if item.parity:
            reason = promise_of(precisions[item.package], trained=trained).breach(item.parity)
        lines += [f"{item.package} on the Mac's {item.units}: {reason}"] if reason else []
    return lines
