"""The picture that a network sees of an image."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ..artifact.manifest import FILE_NAME, read_manifest
from ..artifact.results.preprocess import PreprocessResult
from ..calibration.data.decoding import decode
from ..calibration.data.images import listed_images
from ..errors import UsageError
from ..models.authors_config import read_authors_config
from ..models.loading import preprocessing_of_checkpoint, preprocessing_of_variant
from ..models.stated_preprocessing import CONFIG, StatedPreprocessing
from ..models.variants import DEMO, VARIANTS, is_variant
from ..process.replacing import replaced_file
from ..runtime.formats import RUNTIMES, format_of
from ..runtime.images import stated_preprocessing

FILE = "the file's metadata"

_CONFIGS = (".yaml", ".yml")


def preprocess_image(image: Path, source: str | Path | None, output: Path) -> PreprocessResult:
    """Writes the picture that a network sees of an image, before the normalisation.

    Args:
        image: The image.
        source: Whose preprocessing is taken: a bundle's folder, an exported file, a checkpoint, the
            authors' YAML or the name of a variant; the bundled model's if None.
        output: A PNG, since other formats change pixels.

    Raises:
        UsageError: The source states no preprocessing, or the picture is no PNG.
        DataError: The image cannot be read.
        ArtifactError: The picture cannot be written.
    """
    if output.suffix.lower() != ".png":
        raise UsageError(f"{output}: the picture is a .png file, which keeps every pixel")
    source = DEMO.name if source is None else source
    stated = preprocessing_of(source)
    samples = decode(listed_images([image]), stated.preprocessing, strict=True)
    with replaced_file(output) as temporary:
        Image.fromarray(samples.pixels[0]).save(temporary, format="PNG")
    return PreprocessResult(
        image=str(image),
        model=str(source),
        output=str(output),
        preprocessing=stated.preprocessing.to_dict(),
        preprocessing_sources=dict(stated.sources),
    )


def preprocessing_of(source: str | Path) -> StatedPreprocessing:
    """The preprocessing of a bundle, a file, a checkpoint, a config or a variant.

    Raises:
        UsageError: It states none, or there is no such thing.
    """
    path = Path(source)
    if is_variant(str(source)) and not (path / FILE_NAME).is_file():
        return preprocessing_of_variant(str(source))
    if path.is_dir() and path.suffix not in RUNTIMES:
        manifest = read_manifest(path)
        return StatedPreprocessing(manifest.preprocessing_spec(), manifest.preprocessing_sources)
    if path.suffix in RUNTIMES:
        used = stated_preprocessing(path, format_of(path).metadata(path))
        if used is None:
            raise UsageError(f"{path}: states no preprocessing; give its bundle or its checkpoint")
        return StatedPreprocessing.by(used, FILE)
    if path.suffix in _CONFIGS:
        config = read_authors_config(path)
        return preprocessing_of_variant(config.model).updated(config.stated, CONFIG)
    if path.exists():
        return preprocessing_of_checkpoint(path)
    raise UsageError(
        f"{path}: there is no such file or folder, nor a variant; these are {', '.join(VARIANTS)}"
    )
