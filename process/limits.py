"""How large what comes from files may be, which is checked before memory is taken, and how slow."""

from __future__ import annotations

LARGEST_TEXT = 64 << 20
"""Bytes of a manifest, a config, a recipe, ranges, or a list of class names."""

MOST_VALUES = 1_000_000
"""Values of a config, a recipe or ranges, those that YAML's aliases stand for counted each time."""

LARGEST_LIST = 16 << 20
"""Bytes of a list of classes; the 21841 classes of ImageNet-21k have 1 million."""

LARGEST_TABLE = 256 << 20
"""Bytes of a list of labels, or of what a command printed; ImageNet's largest list has 2e6."""

LARGEST_ANNOTATIONS = 2 << 30
"""Bytes of a COCO file; ``instances_train2017.json`` has 470 million."""

LARGEST_MEMBER = 256 << 20
"""Bytes of a photo, in an archive or beside annotations."""

LARGEST_MODEL = 2 << 30
"""Bytes of an exported file; FlatBuffers' offsets reach no further."""

LARGEST_WEIGHTS = 512 << 20
"""Bytes of a model's random weights; B3 has 2.3e8."""

LARGEST_TENSOR = 2 << 30
"""Bytes of an input or an output of an exported file, for one image."""

LARGEST_ARRAYS = 1 << 30
"""Bytes of a bundle's golden vectors, unpacked."""

LARGEST_IMAGES = 4 << 30
"""Bytes of an ``.npz`` file's images, unpacked, which are all in memory at once."""

LARGEST_PRINTED = 16 << 20
"""Bytes that a command on another machine prints."""

LARGEST_POST = 64 << 10
"""Bytes of what a browser tells of itself, or of its progress."""

LARGEST_ANSWERS = 256 << 20
"""Bytes of browsers' answers that wait to be judged, unless there is but one."""

LARGEST_IMAGE = 100_000_000
"""Pixels of an image; a camera's best have as many."""

LONGEST_IMAGE_SIDE = 1 << 16
"""Pixels of a side of an image; JPEG's have no more, and each row takes memory by itself."""

MOST_CLASSES = (1 << 31) - 1
"""Classes of a bundle's model; apps count them in 32 bits."""

LONGEST_SILENCE_S = 1800
"""Seconds that a process on this machine runs a file without an inference's end, before it is
ended."""

LONGEST_INFERENCE_S = 10
"""Seconds more for each inference where a process tells of all at once, as of a benchmark's."""
