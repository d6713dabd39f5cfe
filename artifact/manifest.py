"""The manifest of a bundle: what an export left behind, and what was proven about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import ArtifactError, ConfigError, ManifestError
from ..process.limits import LARGEST_TEXT, MOST_CLASSES
from ..process.reading import read_text
from ..process.text import shown_value
from .accumulation import Accumulation
from .files import digest_of, is_inside, size_of
from .formats import FORMATS
from .preprocessing import Preprocessing
from .validation import first_fault

SCHEMA_VERSION: Literal[2] = 2
FILE_NAME = "manifest.json"

RESIZE = "RESIZE_NEAREST_NEIGHBOR"
"""TFLite's upsampling, which GPUs take and XNNPACK does not."""


def _inside_the_bundle(path: str) -> str:
    """Accepts only relative paths that stay in the bundle's folder."""
    parts = PurePosixPath(path).parts
    if (
        not parts
        or "\0" in path
        or path.startswith("/")
        or ".." in parts
        or "\\" in path
        or ":" in parts[0]
    ):
        raise ValueError(f"the path {path!r} leaves the bundle's folder")
    return path


BundlePath = Annotated[str, AfterValidator(_inside_the_bundle)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
DecibelsOrExact = float | Literal["exact"]
"""A signal-to-noise ratio in dB, or ``exact`` where there is no noise at all."""


def _with_options(spec: dict[str, Any]) -> dict[str, Any]:
    """Accepts only specs whose options are fields, and whose modules are names, where stated."""
    if not isinstance(spec.get("options") or {}, dict):
        raise ValueError(f"options must be an object, not {shown_value(spec['options'])}")
    modules = spec.get("float32_modules") or []
    if not isinstance(modules, list) or not all(isinstance(name, str) for name in modules):
        raise ValueError(f"float32_modules must be names, not {shown_value(modules)}")
    return spec


Spec = Annotated[dict[str, Any], AfterValidator(_with_options)]
"""Of an exported file, as :class:`.export.spec.ExportSpec` has it."""


def _with_classes(model: dict[str, Any]) -> dict[str, Any]:
    """Accepts only configs that state how many classes there are, which every task needs."""
    if "num_classes" not in model:
        raise ValueError("num_classes is missing")
    count = model["num_classes"]
    if type(count) is not int or not 1 <= count <= MOST_CLASSES:
        raise ValueError(
            f"num_classes must be a whole number from 1 to {MOST_CLASSES}, not {shown_value(count)}"
        )
    return model


ModelConfig = Annotated[dict[str, Any], AfterValidator(_with_classes)]
"""Of the model, as :class:`.models.config.LowFormerConfig` has it."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FileRecord(_Record):
    """A file of the bundle, or a folder that is one artifact.

    Attributes:
        path: Relative to the bundle's folder.
        sha256: Of its content, in hex; see :func:`digest_of`.
        bytes: Its size.
    """

    path: BundlePath
    sha256: Digest
    bytes: int = Field(ge=0)

    @classmethod
    def of(cls, path: Path) -> FileRecord:
        """The record of a file or folder directly in the bundle's folder."""
        return cls(path=path.name, sha256=digest_of(path), bytes=size_of(path))


class Quantization(_Record):
    """Affine quantization of a tensor: real = scale * (integer - zero_point)."""

    scale: float = Field(gt=0)
    zero_point: int


class Tensor(_Record):
    """An input or output of an artifact.

    Attributes:
        name: What the file calls it.
        shape: Its dimensions; None where one is left open, such as the number of images.
        dtype: Of its values, by numpy's name.
        layout: What its dimensions are: ``NCHW`` or ``NHWC`` of images, ``NK`` of one value a
            class; empty where nobody knows.
        quantization: What its integers stand for, where they stand for reals.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    layout: str
    quantization: Quantization | None = None


class Interval(_Record):
    """A value with its 95 % confidence interval, in percent."""

    value: float
    low: float
    high: float


class Closeness(_Record):
    """How closely one output of an artifact follows the reference's.

    Attributes:
        sqnr_db: 10 log10 of the reference's power over the difference's, over all values.
        cosine: Cosine of the angle between all values of both.
        max_difference: Largest absolute difference of a value.
    """

    sqnr_db: DecibelsOrExact
    cosine: float
    max_difference: float


class Measure(_Record):
    """What a task measures on annotated images, such as AP or mIoU, in points.

    Attributes:
        value: The artifact's.
        reference: The eager model's on the same images.
    """

    value: float
    reference: float


class MatchedBoxes(_Record):
    """What a file and its reference find in the same images, from equal classes on.

    Attributes:
        matched: Boxes that both find: of one class, and overlapping by half or more.
        missed: Boxes that the reference finds alone, with a score that counts.
        added: Boxes that the file finds alone, likewise.
        worst_iou: Intersection over union of the two matched boxes that overlap least; None where
            none match.
        score_difference: The largest between two matched boxes.
    """

    matched: int
    missed: int
    added: int
    worst_iou: float | None
    score_difference: float


class Parity(_Record):
    """How closely an artifact follows the eager model.

    Attributes:
        images: Number of images compared.
        data: What the images are.
        outputs: Each output's closeness, by name.
        agreement: Share of results that are the same, in percent: of images by their top-1, of
            boxes or of pixels.
        top1: Accuracy in percent, where the images are labelled.
        reference_top1: The eager model's accuracy on the same images.
        boxes: What a detector finds, compared with what the reference finds.
        measures: What other tasks measure, by name, the main one first, where the images are
            annotated.
    """

    images: int
    data: str
    outputs: dict[str, Closeness] = Field(min_length=1)
    agreement: Interval | None = None
    top1: Interval | None = None
    reference_top1: Interval | None = None
    boxes: MatchedBoxes | None = None
    measures: dict[str, Measure] = Field(default_factory=dict)

    @property
    def sqnr_db(self) -> DecibelsOrExact:
        """That of the output that is farthest off."""
        ratios = [one.sqnr_db for one in self.outputs.values() if one.sqnr_db != "exact"]
        return min(ratios, default="exact")

    @property
    def cosine(self) -> float:
        """The least of all outputs."""
        return min(one.cosine for one in self.outputs.values())

    @property
    def max_difference(self) -> float:
        """The largest of all outputs."""
        return max(one.max_difference for one in self.outputs.values())

    @property
    def measured(self) -> Measure | None:
        """What the task measures first, where the images say what is right."""
        if self.top1 and self.reference_top1:
            return Measure(value=self.top1.value, reference=self.reference_top1.value)
        return next(iter(self.measures.values()), None)

    @property
    def drop(self) -> float | None:
        """Points lost against the eager model of what is measured, or else of the agreement."""
        if self.measured:
            return self.measured.reference - self.measured.value
        return 100 - self.agreement.value if self.agreement else None


class Latency(_Record):
    """Latency of one inference, on the machine that the manifest names.

    Attributes:
        threads: Threads that the runtime was given.
        runs: Timed runs, after the warm-up.
        median_ms: Median in milliseconds; p10_ms and p90_ms likewise.
        ratio_to_fp32: Median over the float32 artifact's, timed in turns with it.
        ratio_low: Lower end of that ratio's 95 % bootstrap interval.
        ratio_high: Upper end.
    """

    threads: int
    runs: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    ratio_to_fp32: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None


class Residency(_Record):
    """Which ops a delegate took.

    Attributes:
        delegate: Its name.
        partitions: Number of subgraphs that it took.
        delegated_ops: Number of ops in them.
        refused: Ops left outside, by kind.
    """

    delegate: str
    partitions: int
    delegated_ops: int
    refused: dict[str, int]

    def without(self, kinds: tuple[str, ...]) -> Residency:
        """The same but for refused ops that nobody expects it to take, and for where they cut it.

        Args:
            kinds: Of these ops, a kind once for each.
        """
        left = {kind: count - kinds.count(kind) for kind, count in self.refused.items()}
        refused = {kind: count for kind, count in left.items() if count > 0}
        are_all = bool(self.refused) and not refused
        partitions = min(self.partitions, 1) if are_all else self.partitions
        return self.model_copy(update={"refused": refused, "partitions": partitions})


class Compiled(_Record):
    """What a file was compiled for, that no other chip and no other SDK can run it.

    Attributes:
        chip: Name of the chip, such as ``8gen2``.
        soc_model: Qualcomm's number of it.
        htp_arch: Generation of its NPU.
        sdk: Version of Qualcomm's SDK.
    """

    chip: str
    soc_model: int
    htp_arch: int
    sdk: str


class HalfPrecision(_Record):
    """A file as it is computed where half precision is really that: each value is rounded to it.

    It is emulated, op by op.

    Attributes:
        accumulation: What the sums of products are kept in: ``float16``, as on GPUs and by ARM's
            multiply-adds, or ``float32``.
        parity: With the eager model; None where what the file gives is not finite, or where it
            was not computed.
        culprit: The first op that does not follow the eager model, where the file does not keep
            its promise.
        not_run: Why it was not computed, or None.
    """

    accumulation: Accumulation
    parity: Parity | None
    culprit: str | None = None
    not_run: str | None = None


class ArtifactRecord(_Record):
    """One exported file with all that is known about it.

    ``not_run`` says why a file could not be run where it was exported; it then has no parity
    and no latency. ``runtime`` says what computed it, such as ``LiteRT``; a file that only a
    stand-in for its phone's runtime computed has no latency, and one whose units nothing there
    could tell has no residency. ``compiled`` is there for files for one chip alone, and ``half``
    for files in fp16.
    """

    file: FileRecord
    format: str
    precision: str
    spec: Spec
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    ops: dict[str, int]
    residency: Residency | None = None
    parity: Parity | None = None
    half: HalfPrecision | None = None
    latency: Latency | None = None
    not_run: str | None = None
    runtime: str | None = None
    compiled: Compiled | None = None

    @property
    def undelegated_ops(self) -> tuple[str, ...]:
        """Ops that the CPU's delegate need not take, a kind once for each.

        What makes floats of pixels, where the file does that, and the resizes of a file for GPUs.
        """
        takes_pixels = self.spec.get("input") == "image"
        kinds = FORMATS[self.format].pixel_ops if takes_pixels and self.format in FORMATS else ()
        options = self.spec.get("options") or {}
        if options.get("upsampling") == "resize":
            kinds += (RESIZE,) * self.ops.get(RESIZE, 0)
        return kinds


class Source(_Record):
    """Where the weights came from.

    Attributes:
        name: The checkpoint's file name, or ``random weights``.
        sha256: Of the checkpoint file; None for random weights.
        taken: Which of several sets of weights in it these are, such as ``state_dict_ema``; empty
            where it has but one.
        fit_for_accuracy: False for random weights: their outputs mean nothing.
    """

    name: str
    sha256: Digest | None
    taken: str = ""
    fit_for_accuracy: bool


class Output(_Record):
    """What a model gives for one image, whatever the file.

    Attributes:
        name: As files, golden vectors and parity call it.
        shape: Its dimensions, without that of the images.
        layout: What these are: ``K`` for one value a class.
    """

    name: str
    shape: tuple[Annotated[int, Field(gt=0)], ...]
    layout: str


class Calibration(_Record):
    """What the activation ranges were taken from.

    Attributes:
        sha256: Digest of model, data, preprocessing and observer, and of the ranges themselves.
        data: What the images are.
        images: How many were used.
        distinct: How many of them differ from each other.
        skipped: Files that could not be read.
        observer: How ranges were taken from values.
        ranges: The file with the ranges.
    """

    sha256: Digest
    data: str
    images: int
    distinct: int
    skipped: tuple[str, ...] = ()
    observer: str
    ranges: FileRecord


class Width(_Record):
    """How many hidden channels a layer has, and had before it was pruned.

    Attributes:
        channels: How many it has.
        before: How many it had.
        rank: Channels of its 3x3 convolution, which a 1x1 one expands to the hidden ones; None
            where there is none of the two.
    """

    channels: int = Field(gt=0)
    before: int = Field(gt=0)
    rank: int | None = Field(default=None, gt=0)


class Loss(_Record):
    """What a file of a pruned model loses against the model as it was.

    Attributes:
        parity: With the eager model as it was, on images on which nothing was chosen.
        drop: Points lost on them of what the task measures, or of the agreement where they are not
            annotated, with the 95 % interval of paired images; None where they are too few to tell.
    """

    parity: Parity
    drop: Interval | None = None


class Pruning(_Record):
    """What was taken out of the model, and what that loses.

    Attributes:
        max_drop: Points that files may lose.
        max_high: Points that the upper end of the drop's interval may reach.
        layers: The width of each hidden layer, by its path, in the order in which they run.
        macs: Multiply-accumulates of an image; see :attr:`.models.cost.Cost.macs`.
        macs_before: The same of the model as it was.
        losses: What each file loses, by its path in the bundle; files that are not run where they
            are exported are left out.
    """

    max_drop: float = Field(ge=0)
    max_high: float = Field(ge=0)
    layers: dict[str, Width]
    macs: int = Field(gt=0)
    macs_before: int = Field(gt=0)
    losses: dict[BundlePath, Loss] = Field(default_factory=dict)

    @property
    def channels_before(self) -> int:
        """Hidden channels of all layers together, before."""
        return sum(width.before for width in self.layers.values())

    @property
    def removed(self) -> int:
        """How many of them were taken out."""
        return sum(width.before - width.channels for width in self.layers.values())

    @property
    def of_low_rank(self) -> int:
        """Of how many layers a 1x1 convolution expands what a 3x3 one gives."""
        return sum(width.rank is not None for width in self.layers.values())


class Manifest(_Record):
    """Everything that a bundle states.

    ``task`` says what the outputs mean, such as ``classification``; ``preprocessing_sources`` says
    for each parameter who stated it, and ``classes_source`` the same of the names of classes and
    their order; where they have no names, it says in which order accuracy takes them, and is None
    where nothing does. ``mac_check`` is the script that checks and times Core ML packages on a Mac;
    ``guide`` is the page that tells other people's apps how to use the files, made from all else;
    ``requirements`` are conditions on where ops run, such as ``partitions<=1``, which hold on every
    target; ``pruning`` is there where channels were taken out of the model as it was exported.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    name: str
    task: str
    model: ModelConfig
    source: Source
    preprocessing: dict[str, Any]
    preprocessing_sources: dict[str, str]
    outputs: tuple[Output, ...] = Field(min_length=1)
    labels: FileRecord | None
    classes_source: str | None
    golden: FileRecord
    artifacts: tuple[ArtifactRecord, ...]
    calibration: Calibration | None
    mac_check: FileRecord | None = None
    guide: FileRecord | None = None
    requirements: tuple[str, ...] = ()
    pruning: Pruning | None = None
    machine: dict[str, str]
    toolchain: dict[str, str]

    @property
    def num_classes(self) -> int:
        """Number of the model's classes."""
        return int(self.model["num_classes"])

    def to_json(self) -> str:
        """The manifest file's content."""
        return self.model_dump_json(indent=2) + "\n"

    def preprocessing_spec(self) -> Preprocessing:
        """The preprocessing as an object."""
        return Preprocessing.from_dict(self.preprocessing)

    def files(self) -> tuple[FileRecord, ...]:
        """Every file that the manifest names."""
        ranges = self.calibration.ranges if self.calibration else None
        others = (self.labels, self.golden, ranges, self.mac_check, self.guide)
        return (*(artifact.file for artifact in self.artifacts), *filter(None, others))


def read_manifest(folder: Path) -> Manifest:
    """Reads a bundle's manifest and checks it against the bundle's files.

    Raises:
        ManifestError: The folder is no bundle, the manifest is damaged or of another schema, or
            a file is missing or differs from its hash.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise ManifestError(f"{folder}: not a bundle, it has no {FILE_NAME}")
    try:
        content = json.loads(read_text(path, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path}: damaged ({error}); export again") from error
    version = content.get("schema_version") if isinstance(content, Mapping) else None
    if version != SCHEMA_VERSION:
        raise ManifestError(
            f"{path}: has schema version {version}, this lowformer-edge reads {SCHEMA_VERSION};"
            " export again, or use the version that wrote it"
        )
    try:
        manifest = Manifest.model_validate_json(json.dumps(content))
        manifest.preprocessing_spec()
    except (ValidationError, ConfigError) as error:
        raise ManifestError(f"{path}: {_first_reason(error)}; export again") from error
    for record in manifest.files():
        _check_file(folder, record)
    return manifest


def _check_file(folder: Path, record: FileRecord) -> None:
    file = folder / record.path
    if not is_inside(file, folder):
        raise ManifestError(f"{file}: leads out of the bundle's folder; do not trust this bundle")
    if not file.exists():
        raise ManifestError(f"{file}: the manifest names it, but it is missing; export again")
    try:
        digest = digest_of(file)
    except ArtifactError as error:
        raise ManifestError(str(error)) from error
    except OSError as error:
        raise ManifestError(f"{file}: cannot be read ({error.strerror})") from error
    if digest != record.sha256:
        raise ManifestError(
            f"{file}: differs from its hash in the manifest; copy the bundle or export again"
        )


def _first_reason(error: ValidationError | ConfigError) -> str:
    if isinstance(error, ConfigError):
        return str(error)
    return first_fault(error)
