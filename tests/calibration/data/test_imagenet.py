"""The bundled list of ImageNet's classes."""

from __future__ import annotations

from lowformer_edge.calibration.data.imagenet import imagenet_classes, wordnet_numbers


def test_2_5_classes_are_counted_in_the_order_of_wordnet_ids() -> None:
    classes = imagenet_classes()
    ids = [one.wordnet_id for one in classes]
    assert (len(ids), ids[0], ids[-1]) == (1000, "n01440764", "n15075141")
    assert ids == sorted(set(ids))
    assert classes[0].words == "tench, Tinca tinca"
    assert (classes[134].words, classes[517].words) == ("crane", "crane")
    assert wordnet_numbers()["n02119789"] == 278


def test_2_5_the_devkits_numbers_are_another_order() -> None:
    """The first lines of the ground truth, and the classes that Caffe's val.txt gives them."""
    truth = (490, 361, 171, 822, 297, 482, 13, 704, 599, 164, 649, 11, 73, 286, 554, 6, 648, 399)
    expected = (65, 970, 230, 809, 516, 57, 334, 415, 674, 332, 109, 286, 370, 757, 595, 147, 108)
    by_devkit = {one.ilsvrc_number: number for number, one in enumerate(imagenet_classes())}
    assert sorted(by_devkit) == list(range(1, 1001))
    assert tuple(by_devkit[number] for number in truth) == (*expected, 23)
