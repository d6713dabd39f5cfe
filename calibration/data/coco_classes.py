"""COCO's classes of objects, in the order in which models count them."""

from __future__ import annotations

from .categories import DataSetClasses

COCO_CLASSES = DataSetClasses(
    "COCO",
    (
        *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
        *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat"),
        *("dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack"),
        *("umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard"),
        *("sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard"),
        *("tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl"),
        *("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza"),
        *("donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet"),
        *("tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven"),
        *("toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear"),
        *("hair drier", "toothbrush"),
    ),
)
"""In the order of COCO's category ids, which count from 1 to 90 and leave ten out."""
