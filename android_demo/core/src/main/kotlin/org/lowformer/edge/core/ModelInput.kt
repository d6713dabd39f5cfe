package org.lowformer.edge.core

/** A batch of images, as a file takes it: in its own layout, with as many values as its input has. */
sealed interface ModelInput {
    /** Number of values. */
    val size: Int

    /** Whether it is of the kind and the size that a file's input is of. */
    fun fits(input: TensorSpec): Boolean =
        size == input.size && (this is Pixels) == (input.type == ElementType.UINT8)

    /** Normalised reals, of float files and of those with integers that stand for reals. */
    class Reals(val values: FloatArray) : ModelInput {
        override val size: Int get() = values.size
    }

    /** Pixels as they are, of files that take images and normalise them themselves. */
    class Pixels(val values: ByteArray) : ModelInput {
        override val size: Int get() = values.size
    }

    companion object {
        /** An input of zeros, for a run whose result is not wanted. */
        fun zeros(input: TensorSpec): ModelInput = when (input.type) {
            ElementType.UINT8 -> Pixels(ByteArray(input.size))
            ElementType.FLOAT32, ElementType.INT8 -> Reals(FloatArray(input.size))
        }

        /**
         * The one way from pixels to a file's input; what is missing to a batch is zeros.
         *
         * @param pixels uint8 [images, H, W, 3].
         * @param images at most as many as go in at a time.
         */
        fun of(pixels: ByteArray, images: Int, input: TensorSpec, preprocessing: Preprocessing): ModelInput =
            when (input.type) {
                ElementType.UINT8 -> Pixels(arranged(pixels, images, input.layout).copyOf(input.size))
                ElementType.FLOAT32, ElementType.INT8 ->
                    Reals(preprocessing.normalise(pixels, images, input.layout).copyOf(input.size))
            }

        private fun arranged(pixels: ByteArray, images: Int, layout: Layout): ByteArray {
            val values = ByteArray(pixels.size)
            arrange(pixels.size, images, layout) { _, from, to -> values[to] = pixels[from] }
            return values
        }
    }
}
