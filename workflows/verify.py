"""Verifying a bundle: every file against the eager model, and against each other, on targets."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifact.accumulation import DEFAULT_ACCUMULATION
from ..artifact.bundle import Bundle, open_bundle
from ..artifact.interface import OUTPUT_NAME
from ..artifact.mac_report import UnitResult, read_mac_report
from ..artifact.mac_script import strange_scripts
from ..artifact.manifest import HalfPrecision, Manifest, Parity
from ..artifact.outputs import part_of
from ..artifact.results.verify import MacResult, VerifyResult
from ..artifact.samples import Samples
from ..judging.links import (
    EAGER,
    HOST,
    Edge,
    Link,
    edges,
    half_links,
    rewritten_links,
)
from ..judging.promise import Promise, promise_of
from ..judging.requirement import Requirement, parse_requirement
from ..judging.verdict import failures_in_half
from ..progress import QUIET, Progress
from ..targets.checked_file import CheckedFile
from ..targets.host import HostTarget
from ..targets.npu.target import check_chips
from ..targets.registry import open_targets
from ..targets.target import Target
from ..targets.web.reported import reported_places
from ..targets.web.web_report import open_web_report
from ..tasks.registry import task_of
from .arguments import check_counts, check_measurable, check_samples
from .bundled import bundled_checkpoint
from .data import ImageChoice, bundle_images
from .defaults import EVALUATION_IMAGES, TARGET_IMAGES
from .explain import explain_links
from .half_check import HALF, HALF_IMAGES, HalfCheck
from .image_workers import image_workers
from .target_check import Checked, TargetCheck, check_on_targets

if TYPE_CHECKING:
    from ..export.eager import EagerModel
    from ..models.loading import LoadedModel


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
        bundle: The bundle.
        images: What its files were compared on.
        check: Every file on every target, every link, and what does not hold.
        mac: What a Mac said.
        browsers: What the page of a static site said of files in a browser.
        halves: What becomes of files in fp16 in half precision, by their names.
    """

    bundle: Bundle
    images: Samples
    check: TargetCheck
    mac: tuple[MacComparison, ...]
    browsers: tuple[CheckedFile, ...] = ()
    halves: Mapping[str, HalfPrecision] = dataclasses.field(default_factory=dict)

    @property
    def failures(self) -> tuple[str, ...]:
        """What does not hold, a line each."""
        return self.check.failures

    @property
    def not_run(self) -> dict[str, str]:
        """Files that nothing here runs, with the reason."""
        return {
            item.file.path: item.not_run
            for item in self.bundle.manifest.artifacts
            if item.not_run is not None
        }

    def edges(self) -> list[Edge]:
        """Every pair of the eager model and the files on this machine, compared."""
        outputs = {} if self.images.outputs is None else {EAGER: self.images.outputs}
        outputs |= {
            item.file: item.outputs
            for item in self.check.placed
            if item.target == HOST and item.outputs is not None
        }
        task = task_of(self.bundle.manifest.task)
        return edges(task, outputs, self.images.truths, self.images.name)

    def record(self) -> VerifyResult:
        """The same as it is written."""
        return VerifyResult(
            bundle=str(self.bundle.folder),
            images=len(self.images.pixels),
            data=self.images.name,
            digests={item.file.path: item.file.sha256 for item in self.bundle.manifest.artifacts},
            edges=tuple(edge.record() for edge in self.edges()),
            not_run=self.not_run,
            targets=self.check.machines,
            placed=tuple(placed.record() for placed in self.check.placed),
            links=tuple(link.record() for link in self.check.links),
            mac=tuple(comparison.record() for comparison in self.mac),
            browsers=tuple(checked.record() for checked in self.browsers),
            half=dict(self.halves),
            failures=self.failures,
        )


def verify(
    bundle: str | Path | Bundle,
    *,
    on: str | Sequence[str] = HOST,
    images: Samples | ImageChoice | None = None,
    weights: str | Path | LoadedModel | None = None,
    mac_report: str | Path | None = None,
    web_report: str | Path | None = None,
    requirements: Sequence[str] = (),
    target_images: int = TARGET_IMAGES,
    threads: int = 1,
    jobs: int | None = None,
    progress: Progress = QUIET,
) -> Verification:
    """Runs a bundle's files, and compares their outputs with the eager model's.

    Args:
        bundle: The bundle, or its folder.
        on: Where its files are run besides this machine, such as ``gpu``, ``arm:cortex-a76``,
            ``ssh:pi``, ``adb`` or ``web``; one, several, or a text of several with commas.
        images: To run them on; without any the golden vectors, or with weights the bundled images.
        weights: The bundle's checkpoint, or the model that it was made from, to run the eager
            model too. The bundled demo's is taken by itself where torch is there.
        mac_report: What the bundle's ``check_on_mac.py`` wrote on a Mac.
        web_report: What the page of a site of the bundle saved in a browser.
        requirements: What each file's residency must be, besides what the bundle states.
        target_images: How many of the images are run on targets other than the host.
        threads: Of each runtime.
        jobs: How many processes run files on this machine, each on a part of the images; as cores
            and memory allow if None. What they give is the same to the bit.
        progress: Is told about each step.

    Returns:
        What was found out; what does not hold is in its ``failures``.

    Raises:
        ManifestError: The bundle is damaged.
        UsageError: A parameter asks for what does not exist, or gives another model's weights.
        ArtifactError, CheckError: A file cannot be run on the host, or outputs not be compared.
        LabError, TargetError: A target's laboratory is missing, or it failed as a whole.
    """
    check_counts(threads=threads, target_images=target_images, jobs=1 if jobs is None else jobs)
    targets = open_targets(on)
    bundle = bundle if isinstance(bundle, Bundle) else open_bundle(bundle)
    required = dict.fromkeys(map(parse_requirement, (*requirements, *bundle.manifest.requirements)))
    check_chips(targets, [item.compiled for item in bundle.manifest.artifacts if item.compiled])
    mac = _read_mac_results(mac_report, bundle)
    browsers = _read_browser_results(web_report, bundle)
    eager = _eager_model(weights, bundle.manifest)
    samples = _images(images, bundle, eager, progress)
    host = HostTarget(image_workers(jobs, len(samples)))
    targets = [host if target.name == HOST else target for target in targets]
    links = _rewritten_links(eager, bundle.manifest, samples, target_images, progress)
    check = _check_files(bundle, targets, samples, required, target_images, threads, progress)
    links += explain_links(check, targets, bundle.folder, bundle.manifest, eager, samples, progress)
    halves = _checked_in_half(bundle, check, samples.first(HALF_IMAGES), eager, progress)
    return _verification(bundle, samples, check, links, mac, browsers, halves)


def _check_files(
    bundle: Bundle,
    targets: Sequence[Target],
    samples: Samples,
    required: Iterable[Requirement],
    target_images: int,
    threads: int,
    progress: Progress,
) -> TargetCheck:
    """A bundle's files on all targets; see :func:`check_on_targets`."""
    return check_on_targets(
        task_of(bundle.manifest.task),
        _checked_files(bundle),
        targets,
        samples,
        bundle.preprocessing,
        list(required),
        elsewhere=target_images,
        trained=bundle.manifest.source.fit_for_accuracy,
        threads=threads,
        progress=progress,
    )


def _checked_files(bundle: Bundle) -> list[Checked]:
    """The bundle's files that anything here runs."""
    return [
        Checked(bundle.folder / item.file.path, item.precision, item.undelegated_ops)
        for item in bundle.manifest.artifacts
        if item.not_run is None
    ]


def _verification(
    bundle: Bundle,
    samples: Samples,
    check: TargetCheck,
    links: Sequence[Link],
    mac: tuple[MacComparison, ...],
    browsers: tuple[CheckedFile, ...],
    halves: Mapping[str, HalfPrecision],
) -> Verification:
    """All that was found out, with what does not hold of it."""
    promise = _half_promise(bundle)
    failures = [link.complaint for link in links if link.complaint]
    for file, half in halves.items():
        failures += failures_in_half(file, half, promise)
    links = [*links, *half_links(halves, promise)]
    failures += [*check.failures, *_mac_failures(mac, bundle.manifest)]
    failures += strange_scripts(bundle.folder, bundle.manifest)
    failures += _browser_failures(browsers)
    check = dataclasses.replace(check, links=tuple(links), failures=tuple(failures))
    return Verification(bundle, samples, check, mac, browsers, halves)


def _eager_model(weights: str | Path | LoadedModel | None, manifest: Manifest) -> EagerModel | None:
    """The bundle's eager model, where its weights were given or are the bundled ones.

    Without torch there is none, unless its weights were given.
    """
    if weights is None:
        weights = bundled_checkpoint(manifest.source.sha256)
        if weights is None or not importlib.util.find_spec("torch"):
            return None
    from ..export.eager import EagerModel

    if isinstance(weights, str | Path):
        return EagerModel.of_bundle(manifest, Path(weights))
    return EagerModel.of_model(manifest, weights)


def _images(
    images: Samples | ImageChoice | None,
    bundle: Bundle,
    eager: EagerModel | None,
    progress: Progress,
) -> Samples:
    """What files are compared on, with the eager model's logits if they can be had."""
    choice = images or ImageChoice(None, EVALUATION_IMAGES, is_usual=True)
    if isinstance(choice, ImageChoice):
        if not choice.path and eager is None:
            golden = bundle.golden()
            return Samples("golden vectors", golden.pixels, outputs=golden.outputs)
        choice = bundle_images(choice, bundle, progress)
    check_samples("images", choice, bundle.preprocessing)
    check_measurable(choice)
    if eager is None:
        return dataclasses.replace(choice, outputs=None)
    with progress.step("running the eager model", len(choice)) as advance:
        return dataclasses.replace(choice, outputs=eager.outputs(choice.pixels, advance))


def _rewritten_links(
    eager: EagerModel | None, manifest: Manifest, images: Samples, count: int, progress: Progress
) -> list[Link]:
    """The links from the eager model to what it is rewritten to for the bundle's formats."""
    if eager is None or images.outputs is None:
        return []
    few = images.pixels[:count]
    formats = dict.fromkeys(item.format for item in manifest.artifacts)
    with progress.step("running its rewrites", len(formats) * len(few)) as advance:
        rewritten = {name: eager.rewritten_outputs(name, few, advance) for name in formats}
    outputs = part_of(images.outputs, slice(len(few)))
    return rewritten_links(task_of(manifest.task), outputs, rewritten, images.name)


def _checked_in_half(
    bundle: Bundle,
    check: TargetCheck,
    images: Samples,
    eager: EagerModel | None,
    progress: Progress,
) -> dict[str, HalfPrecision]:
    """What becomes of the files in fp16 where half precision is really that, by their names.

    Those that did not run on this machine's processor are left out: what ended a process of their
    own would end this one.
    """
    if images.outputs is None:
        return {}
    manifest = bundle.manifest
    ran = {one.file for one in check.placed if one.target == HOST and one.outputs is not None}
    task, preprocessing = task_of(manifest.task), bundle.preprocessing
    promise = _half_promise(bundle)
    found = {}
    for item in manifest.artifacts:
        if item.precision != HALF or item.file.path not in ran:
            continue
        accumulation = item.half.accumulation if item.half else DEFAULT_ACCUMULATION
        half = HalfCheck(task, images, preprocessing, accumulation, eager, progress)
        found[item.file.path] = half.check(bundle.folder / item.file.path, promise)
    return found


def _half_promise(bundle: Bundle) -> Promise:
    return promise_of(HALF, trained=bundle.manifest.source.fit_for_accuracy)


def _read_mac_results(report: str | Path | None, bundle: Bundle) -> tuple[MacComparison, ...]:
    """The results of a Mac's report, compared with the bundle's golden vectors."""
    if report is None:
        return ()
    golden, task = bundle.golden(), task_of(bundle.manifest.task)
    results = []
    for name, package in read_mac_report(Path(report), bundle.manifest).packages.items():
        for units, result in package.units.items():
            parity = None
            if result.failure is None:
                given = {OUTPUT_NAME: result.logits_array()}
                parity = task.compare(golden.outputs, given, None, "golden vectors")
            results.append(MacComparison(name, units, result, parity))
    return tuple(results)


def _read_browser_results(report: str | Path | None, bundle: Bundle) -> tuple[CheckedFile, ...]:
    """What a browser's report says of each file, judged by the bundle's golden vectors."""
    if report is None:
        return ()
    opened = open_web_report(Path(report), bundle)
    return tuple(
        dataclasses.replace(checked, accelerator=place.name)
        for place in reported_places(opened, bundle)
        for checked in place.checked
    )


def _browser_failures(browsers: Sequence[CheckedFile]) -> list[str]:
    """What does not hold of what a browser's report says, a line each."""
    return [
        f"{one.file} in the browser, by {one.accelerator}: {one.failure}"
        for one in browsers
        if one.failure
    ]


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
