package org.lowformer.edge.core

import java.io.File

/**
 * Inputs with the eager model's outputs, by which any runtime can be checked.
 *
 * @property count of the images.
 * @property height of each image in pixels.
 * @property width of each image in pixels.
 * @property pixels uint8 [count, height, width, 3], resized, and cropped or padded, before normalisation.
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
    /** The softmax of each image's logits, float32 [count, classes]. */
    fun probabilities(): FloatArray {
        val values = FloatArray(logits.size)
        for (start in logits.indices step classes) {
            softmax(logits.copyOfRange(start, start + classes)).copyInto(values, start)
        }
        return values
    }

    companion object {
        private const val IMAGES = 4
        private const val ROWS = 2

        /**
         * Reads a bundle's `golden.npz`, which has an array of each output by its name.
         *
         * @param output name of the logits.
         * @throws EdgeException it cannot be read, is damaged, or holds other arrays.
         */
        fun read(file: File, output: String): GoldenVectors {
            val pixels = NumpyArray.read(file, "pixels", NumpyArray.Type.UINT8)
            val logits = NumpyArray.read(file, output, NumpyArray.Type.FLOAT32)
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
