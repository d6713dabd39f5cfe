"""What a model's outputs say: in words, and in Python."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ...artifact.interface import BOXES_NAME, OUTPUT_NAME, PROBABILITIES_NAME
from ...artifact.manifest import Manifest
from ...tasks.anchors import BASE_SCALE, FIRST_LEVEL, RATIOS, SCALES_PER_OCTAVE
from ...tasks.box_coder import LARGEST_SCALE
from ...tasks.box_decoder import DecodingSettings
from ...tasks.names import DETECTION, SEGMENTATION
from .template import block, filled

_LABELS = 'LABELS = open("labels.txt", encoding="utf-8").read().splitlines()'
_NUMBERS = "LABELS = list(range(<CLASSES>))"

_CLASSES = """
def show_classes(values, are_probabilities=False):
    shares = np.float64(values)
    if not are_probabilities:
        shares = np.exp(shares - shares.max())
        shares /= shares.sum()
    for index in np.argsort(-shares, kind="stable")[:5]:
        print(f"{LABELS[index]}: {shares[index]:.4f}")
"""

_DECODE = """
def decoded(maps):
    corners, scores = [], []
    sides, roots = 2 ** (np.arange(<SCALES>) / <SCALES>), np.sqrt([<RATIOS>])
    shapes = np.stack([np.outer(1 / roots, sides), np.outer(roots, sides)], -1).reshape(-1, 2)
    for level in range(<FIRST>, <LAST>):
        logits, deltas = (maps[f"{name}_p{level}"] for name in ("class_logits", "box_deltas"))
        anchors = <BASE> * 2**level * shapes
        rows, columns = np.mgrid[: logits.shape[1], : logits.shape[2]] * 2**level
        places = np.stack([columns, rows], -1).reshape(-1, 1, 2)
        deltas = deltas.reshape(len(shapes), 4, -1).transpose(2, 0, 1)
        centres = places + anchors * deltas[..., :2]
        halves = anchors / 2 * np.exp(np.clip(deltas[..., 2:], -<LARGEST>, <LARGEST>))
        corners.append(np.concatenate([centres - halves, centres + halves], -1).reshape(-1, 4))
        scores.append(logits.transpose(1, 2, 0).reshape(-1, <CLASSES>))
    return np.concatenate(corners), 1 / (1 + np.exp(-np.float64(np.concatenate(scores))))
"""

_OBJECTS = """
def overlap(one, other):
    shared = np.maximum(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0).prod()
    return shared / ((one[1] - one[0]).prod() + (other[1] - other[0]).prod() - shared)


def show_objects(corners, scores, photo, size, corner):
    anchors, classes = np.nonzero(scores > <THRESHOLD>)
    ends = np.maximum(corner, 0), np.minimum(np.add(corner, size), (<WIDTH>, <HEIGHT>))
    boxes = (np.clip(corners[anchors].reshape(-1, 2, 2), *ends) - corner) * np.divide(photo, size)
    kept = []
    for one in np.argsort(-scores[anchors, classes], kind="stable"):
        others = [other for other in kept if classes[other] == classes[one]]
        if (boxes[one, 1] > boxes[one, 0]).all() and len(kept) < <MOST>:
            if not any(overlap(boxes[other], boxes[one]) > <IOU> for other in others):
                kept.append(one)
    for one in kept:
        print(LABELS[classes[one]], scores[anchors[one], classes[one]], *boxes[one].ravel())
"""

_BETWEEN = """
def between(values, places, first, last):
    places = np.clip(places - 0.5, first, last - 1)
    low = places.astype(int)
    share = (places - low).astype(np.float32).reshape(-1, 1, 1)
    return values[low] * (1 - share) + values[np.minimum(low + 1, last - 1)] * share


def enlarged(values, length):
    places = (np.arange(length) + 0.5) * (len(values) / length)
    return between(values, places, 0, len(values))
"""

_LABEL_MAP = """
def labels_of(logits, photo, size, corner):
    maps = enlarged(logits.transpose(1, 2, 0), <HEIGHT>).swapaxes(0, 1)
    maps = enlarged(maps, <WIDTH>).swapaxes(0, 1)
    ends = [(max(c, 0), min(c + s, n)) for c, s, n in zip(corner, size, (<WIDTH>, <HEIGHT>))]
    columns, rows = ((np.arange(n) + 0.5) * (s / n) + c for n, s, c in zip(photo, size, corner))
    labels = np.empty((len(rows), len(columns)), np.uint8)
    for number, row in enumerate(rows):
        line = between(maps, np.array([row]), *ends[1]).swapaxes(0, 1)
        labels[number] = between(line, columns, *ends[0])[:, 0].argmax(-1)
    labels[(rows < 0) | (rows >= <HEIGHT>)] = 255
    labels[:, (columns < 0) | (columns >= <WIDTH>)] = 255
    return labels
"""

_SHARES = """
def show_labels(labels):
    indices, counts = np.unique(labels[labels < 255], return_counts=True)
    for place in np.argsort(-counts, kind="stable"):
        print(f"{LABELS[indices[place]]}: {counts[place] / labels.size:.4f}")
"""

_SETTINGS = DecodingSettings()


def results_section(manifest: Manifest) -> str:
    """What the files of a bundle give, and how it is read."""
    names = {output.name for file in manifest.artifacts for output in file.outputs}
    texts = {DETECTION: _of_objects, SEGMENTATION: _of_labels}
    words = texts.get(manifest.task, _of_classes)(names)
    return "\n\n".join([words, *(block("python", code) for code in result_code(manifest, names))])


def result_code(manifest: Manifest, names: AbstractSet[str]) -> list[str]:
    """Python that reads the outputs with these names, in blocks that need those before them."""
    classes = manifest.num_classes
    labels = _LABELS if manifest.labels else filled(_NUMBERS, classes=classes)
    preprocessing = manifest.preprocessing_spec()
    sides = {"height": preprocessing.height, "width": preprocessing.width}
    if manifest.task == SEGMENTATION:
        return [labels, filled(_BETWEEN), filled(_LABEL_MAP, **sides), filled(_SHARES)]
    if manifest.task != DETECTION:
        return [f"{labels}\n\n\n{filled(_CLASSES)}"]
    decode = filled(
        _DECODE,
        scales=SCALES_PER_OCTAVE,
        ratios=", ".join(map(str, RATIOS)),
        first=FIRST_LEVEL,
        last=FIRST_LEVEL + len(manifest.outputs) // 2,
        base=BASE_SCALE,
        largest=round(LARGEST_SCALE, 6),
        classes=classes,
    )
    objects = filled(
        _OBJECTS,
        threshold=_SETTINGS.score_threshold,
        iou=_SETTINGS.most_iou,
        most=_SETTINGS.most_boxes,
        **sides,
    )
    return [labels, *([decode] if names - {BOXES_NAME, "scores"} else []), objects]


def _of_classes(names: AbstractSet[str]) -> str:
    told = {
        OUTPUT_NAME: "`logits` hold one value a class, of which the softmax gives probabilities.",
        PROBABILITIES_NAME: "`probabilities` hold one value a class, after the softmax.",
        "classLabel": "`classLabel` is the likeliest class's name, and `classLabel_probs` holds"
        " each class's probability by its name.",
    }
    return " ".join(text for name, text in told.items() if name in names)


def _of_objects(names: AbstractSet[str]) -> str:
    told = []
    if OUTPUT_NAME in names or any(name.startswith("class_logits") for name in names):
        told.append(
            "`class_logits_pN` and `box_deltas_pN` are maps of level N, whose places are 2^N pixels"
            " of the input apart: for each of 9 anchors of a place a logit a class, of which the"
            " sigmoid is the score, and where the box lies: its centre's distance from the anchor's"
            " over its sides, and the logarithm of its sides over the anchor's."
        )
    if BOXES_NAME in names:
        told.append(
            "`boxes` are corners x1, y1, x2, y2 of every anchor's box in pixels of the input, and"
            " `scores` say of each how probable every class is."
        )
    told.append(
        f"Of what scores above {_SETTINGS.score_threshold} the best boxes are kept, at most"
        f" {_SETTINGS.most_boxes}, and of those of one class that overlap by more than"
        f" {_SETTINGS.most_iou} the better ones. lowformer-edge itself looks at"
        f" {_SETTINGS.most_per_level} pairs of anchor and class of each level at most."
    )
    return " ".join(told)


def _of_labels(names: AbstractSet[str]) -> str:
    return (
        "`logits` are a map of a quarter of the input's sides, with one value a class. They are"
        " resized to the input and from there to the photo, between neighbouring values, and then"
        " the best class of each pixel is taken; 255 where the photo was cut off."
    )
