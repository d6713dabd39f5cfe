"""From a photo to the pixels that a model's files take: in words, and in Python."""

from __future__ import annotations

from ...artifact.preprocessing import Preprocessing
from .template import block, filled

_CROP = """
    tall, wide = <TALL>, <WIDE>
    if tall * photo.width >= wide * photo.height:
        size = int(tall * photo.width / photo.height), tall
    else:
        size = wide, int(wide * photo.height / photo.width)
    left, top = round((size[0] - <WIDTH>) / 2), round((size[1] - <HEIGHT>) / 2)
    resized = photo.resize(size, Image.Resampling.<FILTER>)
    seen = resized.crop((left, top, left + <WIDTH>, top + <HEIGHT>))
    return np.asarray(seen), photo.size, size, (-left, -top)
"""

_SQUASH = """
    size = <WIDTH>, <HEIGHT>
    seen = photo.resize(size, Image.Resampling.<FILTER>)
    return np.asarray(seen), photo.size, size, (0, 0)
"""

_LETTERBOX = """
    factor = min(<HEIGHT> / photo.height, <WIDTH> / photo.width)
    size = tuple(max(int(side * factor + 0.5), 1) for side in photo.size)
    corner = <CORNER>
    seen = Image.new("RGB", (<WIDTH>, <HEIGHT>), (<PADDING>))
    seen.paste(photo.resize(size, Image.Resampling.<FILTER>), corner)
    return np.asarray(seen), photo.size, size, corner
"""

_CORNERS = {
    "bottom-right": "0, 0",
    "around": "(<WIDTH> - size[0]) // 2, (<HEIGHT> - size[1]) // 2",
}

_READ = """
import numpy as np
from PIL import Image, ImageOps


def read_photo(path):
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
"""

_NORMALISED = """
def normalised(pixels):
    mean, std = np.float32([<MEAN>]), np.float32([<STD>])
    return (pixels.astype(np.float32) / 255 - mean) / std
"""

_MODES = {
    "crop": "It keeps its shape, and what reaches beyond the input is cut off on both sides alike",
    "squash": "Its shape becomes the input's",
    "letterbox": "It keeps its shape, and all of it is seen",
}


def photo_section(preprocessing: Preprocessing, *, normalises: bool) -> str:
    """What becomes of a photo before a file gets it.

    Args:
        preprocessing: The model's.
        normalises: Whether some file takes normalised values, and not pixels.
    """
    steps = [
        "The photo is turned upright, as its EXIF data say, and made RGB with 8 bits a channel;"
        " alpha and colour profiles are dropped.",
        f"{_sentence(preprocessing.description)}. {_MODES[preprocessing.resize_mode]}. The filter"
        f" is Pillow's `{preprocessing.interpolation}`, which takes all pixels into account where"
        " it makes an image smaller; filters of other libraries often do not.",
    ]
    if normalises:
        steps.append(
            "Files that take `normalised` values get (pixel / 255 - mean) / std, with the mean"
            f" {_listed(preprocessing.mean)} and the std {_listed(preprocessing.std)} of red, green"
            " and blue. Files that take `pixels` do that themselves."
        )
    else:
        steps.append("The files take pixels from 0 to 255, and normalise them themselves.")
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    code = [block("python", read_code(preprocessing))]
    if normalises:
        code.append(block("python", normalise_code(preprocessing)))
    returned = (
        "`read_photo` gives pixels [height, width, 3], the photo's own width and height, those that"
        " it is resized to, and where it then begins in the input, from the left and the top."
    )
    return "\n\n".join([numbered, *code, returned])


def read_code(preprocessing: Preprocessing) -> str:
    """Python that reads a photo as the model's input."""
    body = {"crop": _CROP, "squash": _SQUASH, "letterbox": _LETTERBOX}[preprocessing.resize_mode]
    template = _READ.rstrip("\n") + body.replace("<CORNER>", _CORNERS[preprocessing.padding_place])
    return filled(
        template,
        height=preprocessing.height,
        width=preprocessing.width,
        tall=preprocessing.resize[0],
        wide=preprocessing.resize[1],
        filter=preprocessing.interpolation.upper(),
        padding=_listed(preprocessing.padding or ()),
    )


def normalise_code(preprocessing: Preprocessing) -> str:
    """Python that normalises pixels."""
    mean, std = _listed(preprocessing.mean), _listed(preprocessing.std)
    return filled(_NORMALISED, mean=mean, std=std)


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(map(str, values))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
