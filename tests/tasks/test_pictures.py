"""Pictures of detections and label maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lowformer_edge.errors import CheckError
from lowformer_edge.tasks.box_picture import draw_boxes
from lowformer_edge.tasks.caption import Caption, font_size, line_width
from lowformer_edge.tasks.colours import BLACK, WHITE, colour_of, ink_on
from lowformer_edge.tasks.detections import Detections
from lowformer_edge.tasks.mask_picture import class_shares, draw_labels

GREY = (90, 90, 90)


def grey(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), GREY)


def found(*boxes: tuple[float, float, float, float]) -> Detections:
    count = len(boxes)
    scores = np.linspace(0.9, 0.5, count).astype(np.float32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, np.arange(count))


def changed(drawn: Image.Image) -> np.ndarray:
    return (np.asarray(drawn) != np.array(GREY)).any(-1)


def test_a_box_is_drawn_in_its_classs_colour() -> None:
    drawn = draw_boxes(grey(200, 160), found((40, 60, 120, 140)), ["cat"])
    assert drawn.getpixel((40, 100)) == colour_of(0)
    assert drawn.getpixel((119, 100)) == colour_of(0)
    assert drawn.getpixel((80, 139)) == colour_of(0)
    assert drawn.getpixel((80, 100)) == GREY
    assert changed(drawn)[45:60, 40:60].any()  # the name, above the box
    assert not changed(drawn)[141:].any()


def test_the_image_stays_as_it_was() -> None:
    image = grey(50, 50)
    draw_boxes(image, found((5, 5, 40, 40)))
    draw_labels(image, np.zeros((50, 50), np.uint8))
    assert not changed(image).any()


def test_boxes_of_low_scores_are_not_drawn() -> None:
    detections = found((40, 60, 120, 140))
    score = float(detections.scores[0])
    assert changed(draw_boxes(grey(200, 160), detections, least=score)).any()
    assert not changed(draw_boxes(grey(200, 160), detections, least=score + 0.01)).any()


def test_nothing_is_drawn_where_nothing_was_found() -> None:
    assert not changed(draw_boxes(grey(50, 50), Detections.none())).any()


@settings(deadline=None, max_examples=15)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.text(max_size=30),
    st.lists(st.tuples(*[st.floats(-50, 150)] * 4), max_size=4),
)
def test_any_image_box_and_name_can_be_drawn(
    width: int, height: int, name: str, boxes: list[tuple[float, float, float, float]]
) -> None:
    drawn = draw_boxes(grey(width, height), found(*boxes), [name] * 4)
    assert drawn.size == (width, height)
    labels = np.arange(width * height).reshape(height, width) % 7
    assert draw_labels(grey(width, height), labels.astype(np.uint8), [name]).size == drawn.size


@pytest.mark.parametrize("place", [(-30, -30), (900, 900), (90, 10), (10, 70)])
def test_text_stays_within_the_image(place: tuple[int, int]) -> None:
    """On a larger canvas around the image nothing would have been cut off."""
    caption = Caption.fit("Ågjy person 0.52", 12, 100, 80)
    assert caption is not None
    image = grey(100, 80)
    caption.draw(image, *place, (255, 0, 0))
    there = np.argwhere(changed(image))
    height, width = there.max(0) - there.min(0) + 1
    assert (width, height) == (caption.width, caption.height)


@pytest.mark.parametrize("text", ["person 0.52", "Ågjy", "...", "jjjj", "ÀÉ", ",_", "WWWW"])
@pytest.mark.parametrize("size", [8, 11, 30, 64])
def test_letters_stay_on_their_ground(text: str, size: int) -> None:
    caption = Caption.fit(text, size, 1000, 1000)
    assert caption is not None
    image = grey(900, 400)
    caption.draw(image, 200, 100, (255, 0, 0))
    there = np.argwhere(changed(image))
    assert there.min(0).tolist() == [100, 200]
    assert (there.max(0) + 1).tolist() == [100 + caption.height, 200 + caption.width]
    ground = np.asarray(image)[100 : 100 + caption.height, 200 : 200 + caption.width]
    for edge in (ground[0], ground[-1], ground[:, 0], ground[:, -1]):
        assert (edge == (255, 0, 0)).all()


def test_long_text_is_made_smaller_then_shortened() -> None:
    whole = Caption.fit("a rather long name", 20, 1000, 100)
    smaller = Caption.fit("a rather long name", 20, 120, 100)
    cut = Caption.fit("a rather long name", 20, 50, 100)
    assert whole is not None
    assert smaller is not None
    assert cut is not None
    assert whole.text == smaller.text == "a rather long name"
    assert smaller.width <= 120 < whole.width
    assert cut.text.endswith("...")
    assert cut.width <= 50
    assert Caption.fit("a rather long name", 20, 4, 100) is None


def test_lines_and_letters_grow_with_the_image() -> None:
    sizes = [(32, 32), (640, 480), (4000, 3000)]
    widths = [line_width(grey(*size)) for size in sizes]
    fonts = [font_size(grey(*size)) for size in sizes]
    assert widths[0] == 1 < widths[1] < widths[2]
    assert 8 <= fonts[0] < fonts[1] < fonts[2]


def test_colours_are_well_apart() -> None:
    colours = np.array([colour_of(number) for number in range(150)])
    assert len(np.unique(colours, axis=0)) == 150
    first = colours[:20].astype(float)
    distances = np.linalg.norm(first[:, None] - first, axis=-1) + 1000 * np.eye(20)
    assert distances.min() > 40
    assert (np.linalg.norm(np.diff(colours.astype(float), axis=0), axis=1) > 100).all()


def test_ink_can_be_read() -> None:
    assert ink_on((255, 255, 0)) == BLACK
    assert ink_on((0, 0, 200)) == WHITE


def test_labels_are_painted_and_listed() -> None:
    labels = np.full((200, 200), 3, np.uint8)
    labels[150:] = 1
    labels[:, 190:] = 255
    drawn = draw_labels(grey(200, 200), labels, ["sky", "sea", "land", "grass"])
    assert drawn.getpixel((195, 20)) == GREY
    assert len({drawn.getpixel((150, 100)), drawn.getpixel((150, 180)), GREY}) == 3
    assert drawn.getpixel((0, 0)) == colour_of(3)  # the legend, from the largest share on
    below = {drawn.getpixel((0, row)) for row in range(60)}
    assert colour_of(1) in below
    assert colour_of(0) not in below


def test_the_background_is_neither_painted_nor_listed() -> None:
    labels = np.zeros((200, 200), np.uint8)
    labels[100:, 150:] = 1
    drawn = draw_labels(grey(200, 200), labels, ["Background", "cat"])
    assert drawn.getpixel((20, 150)) == GREY
    assert drawn.getpixel((0, 0)) == colour_of(1)
    assert changed(drawn)[100:, 150:].all()


def test_what_rounds_to_nothing_is_not_listed() -> None:
    labels = np.full((200, 200), 3, np.uint8)
    labels[0, 199] = 1
    drawn = draw_labels(grey(200, 200), labels)
    assert colour_of(1) not in {drawn.getpixel((0, row)) for row in range(200)}


def test_shares_are_of_all_pixels() -> None:
    labels = np.array([[2, 2, 0, 255]], np.uint8)
    assert class_shares(labels) == [(2, 0.5), (0, 0.25)]


def test_labels_of_another_image_are_refused() -> None:
    with pytest.raises(CheckError, match=r"labels \[3, 4\] are none of an image of 4 x 3"):
        draw_labels(grey(3, 4), np.zeros((3, 4), np.uint8))
