package org.lowformer.edge.core

import java.io.File

/**
 * Inputs with the eager model's logits, by which any runtime can be checked.
 *
 * @property count of the images.
 * @property height of each image in pixels.
 * @property width of each image in pixels.
 * @property pixels uint8 [count, height, width, 3], resized and cropped, before normalisation.
 * @property classes of the logits.
 * @property logits float32 [count, classes].
 */
class GoldenVectors(
    val count: Int,
    val height: Int,
    val width: Int,
    val pixels: ByteArray,
    val classes: Int,
    val logits: FloatArray,
) {
    companion object {
        private const val IMAGES = 4
        private const val ROWS = 2

        /**
         * Reads a bundle's `golden.npz`.
         *
         * @throws EdgeException it cannot be read, is damaged, or holds other arrays.
         */
        fun read(file: File): GoldenVectors {
            val pixels = NumpyArray.read(file, "pixels", NumpyArray.Type.UINT8)
            val logits = NumpyArray.read(file, "logits", NumpyArray.Type.FLOAT32)
            val shapes = pixels.shape + logits.shape
            if (
                pixels.shape.size != IMAGES ||
                pixels.shape[3] != RgbImage.CHANNELS ||
                logits.shape.size != ROWS ||
                pixels.shape[0] != logits.shape[0] ||
                shapes.any { it == 0 }
            ) {
                throw EdgeException("${shown(file.name)}: its golden vectors have unexpected shapes; export again")
            }
            val (count, height, width) = pixels.shape
            return GoldenVectors(count, height, width, pixels.bytes, logits.shape[1], logits.floats())
        }
    }
}
