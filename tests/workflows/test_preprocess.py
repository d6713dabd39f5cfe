"""The picture that a network sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.cli.inspect import main
from lowformer_edge.errors import LowFormerEdgeError
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.workflows.export import export_model
from lowformer_edge.workflows.preprocess import preprocess_image


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (130, 170, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def assert_seen(photo: Path, output: Path, preprocessing: Preprocessing) -> None:
    """The picture, normalised, is the network's input."""
    with Image.open(output) as written, Image.open(photo) as original:
        assert np.array_equal(preprocessing.normalise(np.asarray(written)), preprocessing(original))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, Preprocessing(size=96, crop_ratio=1.0)),
        ("demo", Preprocessing(size=96, crop_ratio=1.0)),
        ("B1.5", Preprocessing()),
    ],
)
def test_1_3_of_a_variant(
    source: str | None, expected: Preprocessing, photo: Path, tmp_path: Path
) -> None:
    found = preprocess_image(photo, source, tmp_path / "seen.png")
    assert Preprocessing.from_dict(found.preprocessing) == expected
    assert_seen(photo, tmp_path / "seen.png", expected)


def test_1_3_of_a_bundle_and_of_its_file(
    slight_config: LowFormerConfig, noise_images: Samples, photo: Path, tmp_path: Path
) -> None:
    given = {"resize_mode": "letterbox", "padding_place": "around", "mean": (0.5, 0.5, 0.5)}
    model = load_model(config=slight_config, random_weights=True, preprocessing=given)
    bundle = export_model(
        model, tmp_path / "out", "onnx/fp32", evaluation=noise_images.first(2), runs=1
    )
    for source in (bundle.folder, bundle.folder / "slight-fp32.onnx"):
        found = preprocess_image(photo, source, tmp_path / "seen.png")
        assert Preprocessing.from_dict(found.preprocessing) == model.preprocessing
        assert_seen(photo, tmp_path / "seen.png", model.preprocessing)


def test_1_3_of_a_checkpoint_and_a_config(photo: Path, tmp_path: Path) -> None:
    state = random_model(VARIANTS["demo"]).state_dict()
    torch.save({"state_dict": state, "args": {"crop_pct": 0.5}}, tmp_path / "last.pt")
    found = preprocess_image(photo, tmp_path / "last.pt", tmp_path / "seen.png")
    assert (found.preprocessing["height"], found.preprocessing["crop_ratio"]) == (96, 0.5)
    assert found.preprocessing_sources["crop_ratio"] == "checkpoint"
    (tmp_path / "e1.yaml").write_text(
        "net_config: {name: E1, bb_convattention: True, bb_convin2: True, fastit: True}\n"
        "run_config: {eval_image_size: 128}\n"
    )
    found = preprocess_image(photo, tmp_path / "e1.yaml", tmp_path / "seen.png")
    assert found.preprocessing["width"] == 128


@pytest.mark.parametrize(
    ("image", "source", "output", "reason"),
    [
        ("photo.png", "b9", "seen.png", "no such file or folder, nor a variant; these are b0"),
        ("photo.png", "demo", "seen.jpg", "the picture is a .png file"),
        ("absent.png", "demo", "seen.png", "no such image"),
        ("text.png", "demo", "seen.png", "cannot be read"),
        ("photo.png", "demo", "absent/seen.png", "absent"),
    ],
)
def test_1_3_what_cannot_be_seen(
    image: str,
    source: str,
    output: str,
    reason: str,
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.png").write_text("no image")
    with pytest.raises(LowFormerEdgeError, match=reason):
        preprocess_image(Path(image), source, Path(output))
    assert not Path(output).exists()


def test_1_3_the_command(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "seen.png"
    assert main(["--preprocess", str(photo), "--output", str(output)]) == 0
    out, _ = capsys.readouterr()
    assert "resize the short side to 96 (bicubic), crop the central 96 x 96" in out
    assert "(all from checkpoint)" in out
    with Image.open(output) as seen:
        assert seen.size == (96, 96)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--preprocess", "x.png"], "--preprocess and --output belong together"),
        (["demo", "--output", "x.png"], "--preprocess and --output belong together"),
        ([], "give a file or a bundle's folder"),
    ],
)
def test_1_3_options_that_do_not_go_together(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert reason in capsys.readouterr().err
