package org.lowformer.edge.core

import java.io.File

/**
 * Inputs with the eager model's outputs, by which any runtime can be checked.
 *
 * @property count of the images.
 * @property height of each image in pixels.
 * @property width of each image in pixels.
 * @property pixels uint8 [count, height, width, 3], resized, and cropped or padded, before normalisation.
 * @property outputs float32 [count, ...] by name.
 */
class GoldenVectors(
    val count: Int,
    val height: Int,
    val width: Int,
    val pixels: ByteArray,
    val outputs: Map<String, FloatArray>,
) {
    /**
     * What a file's output is held to, channels first in maps; null where that would be computed from others in an
     * arithmetic that is not Python's to the last bit, as decoded boxes would.
     */
    fun reference(output: String): FloatArray? =
        outputs[output] ?: if (output == ModelFile.PROBABILITIES) probabilities() else null

    /** The softmax of each image's logits, of a classifier. */
    private fun probabilities(): FloatArray {
        val logits = outputs.values.single()
        val classes = logits.size / count
        val values = FloatArray(logits.size)
        for (start in logits.indices step classes) {
            softmax(logits.copyOfRange(start, start + classes)).copyInto(values, start)
        }
        return values
    }

    companion object {
        private const val IMAGES = 4

        /**
         * Reads a bundle's `golden.npz`, which has an array of each output by its name.
         *
         * @param outputs of the model.
         * @throws EdgeException it cannot be read, is damaged, or holds other arrays.
         */
        fun read(file: File, outputs: List<Output>): GoldenVectors {
            val pixels = NumpyArray.read(file, "pixels", NumpyArray.Type.UINT8)
            if (pixels.shape.size != IMAGES || pixels.shape[3] != RgbImage.CHANNELS || pixels.shape.any { it == 0 }) {
                throw EdgeException("${shown(file.name)}: its golden vectors have unexpected shapes; export again")
            }
            val (count, height, width) = pixels.shape
            val values = outputs.associate { output ->
                val array = NumpyArray.read(file, output.name, NumpyArray.Type.FLOAT32)
                val expected = listOf(count) + output.shape
                if (array.shape != expected) {
                    throw EdgeException(
                        "${shown(file.name)}: its ${shown(output.name)} have the shape ${array.shape}, not $expected;" +
                            " export again",
                    )
                }
                output.name to array.floats()
            }
            return GoldenVectors(count, height, width, pixels.bytes, values)
        }
    }
}
