"""Swift that runs one Core ML package."""

from __future__ import annotations

from ...artifact.manifest import ArtifactRecord
from ...artifact.preprocessing import Preprocessing
from .template import filled

_IMAGE = """
import CoreML

func run(package: URL, photo: CGImage) async throws -> MLFeatureProvider {
    let compiled = try await MLModel.compileModel(at: package)
    let model = try await MLModel.load(contentsOf: compiled)
    let image = try MLFeatureValue(
        cgImage: photo, pixelsWide: <WIDTH>, pixelsHigh: <HEIGHT>,
        pixelFormatType: kCVPixelFormatType_32BGRA, options: nil)
    let input = try MLDictionaryFeatureProvider(dictionary: ["<INPUT>": image])
    return try await model.prediction(from: input)
}
"""

_TENSOR = """
import CoreML

func run(package: URL, pixels: [UInt8]) async throws -> MLFeatureProvider {
    let model = try await MLModel.load(contentsOf: MLModel.compileModel(at: package))
    let image = try MLMultiArray(shape: [<SHAPE>], dataType: .<TYPE>)
    let mean: [Float] = [<MEAN>], std: [Float] = [<STD>]
    for place in 0..<(<HEIGHT> * <WIDTH>) {
        for channel in 0..<3 {
            let value = Float(pixels[3 * place + channel]) / 255
            let normalised = (value - mean[channel]) / std[channel]
            image[channel * <HEIGHT> * <WIDTH> + place] = NSNumber(value: normalised)
        }
    }
    let input = try MLDictionaryFeatureProvider(dictionary: ["<INPUT>": image])
    return try await model.prediction(from: input)
}
"""


def swift_code(record: ArtifactRecord, preprocessing: Preprocessing) -> str:
    """Swift that runs a package on a photo.

    Args:
        record: A Core ML package.
        preprocessing: Its model's.
    """
    (taken,) = record.inputs
    return filled(
        _IMAGE if taken.dtype == "uint8" else _TENSOR,
        height=preprocessing.height,
        width=preprocessing.width,
        input=taken.name,
        shape=", ".join(map(str, taken.shape)),
        type=taken.dtype,
        mean=", ".join(map(str, preprocessing.mean)),
        std=", ".join(map(str, preprocessing.std)),
    )
