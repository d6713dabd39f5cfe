package org.lowformer.edge.core

/**
 * An image of 8 bits a channel.
 *
 * @property width in pixels; at least 1, as the height.
 * @property pixels red, green and blue of each pixel, row by row: uint8 [height, width, 3].
 */
class RgbImage(val width: Int, val height: Int, val pixels: ByteArray) {
    init {
        require(width > 0 && height > 0 && pixels.size.toLong() == CHANNELS.toLong() * width * height) {
            "${pixels.size} bytes are no RGB image of $width x $height pixels"
        }
    }

    /** The image as it was seen, from its EXIF orientation, 1 to 8; any other value leaves it as it is. */
    fun upright(exifOrientation: Int): RgbImage = when (exifOrientation) {
        2 -> read(width, height, width - 1, -1, width)
        3 -> read(width, height, width * height - 1, -1, -width)
        4 -> read(width, height, width * (height - 1), 1, -width)
        5 -> read(height, width, 0, width, 1)
        6 -> read(height, width, width * (height - 1), -width, 1)
        7 -> read(height, width, width * height - 1, -width, -1)
        8 -> read(height, width, width - 1, width, -1)
        else -> this
    }

    /**
     * The image turned clockwise, as a camera's sensor is mounted.
     *
     * @param degrees a multiple of 90.
     */
    fun turned(degrees: Int): RgbImage = when (degrees.mod(FULL_TURN)) {
        0 -> this
        QUARTER_TURN -> upright(6)
        2 * QUARTER_TURN -> upright(3)
        3 * QUARTER_TURN -> upright(8)
        else -> throw IllegalArgumentException("an image is turned by quarters, not by $degrees degrees")
    }

    /** An image whose pixel (x, y) is this one's number [origin] + x * [right] + y * [down]. */
    private fun read(width: Int, height: Int, origin: Int, right: Int, down: Int): RgbImage {
        val target = ByteArray(pixels.size)
        var to = 0
        for (y in 0 until height) {
            var from = CHANNELS * (origin + y * down)
            for (x in 0 until width) {
                target[to] = pixels[from]
                target[to + 1] = pixels[from + 1]
                target[to + 2] = pixels[from + 2]
                to += CHANNELS
                from += CHANNELS * right
            }
        }
        return RgbImage(width, height, target)
    }

    companion object {
        /**
         * An image of Android's colours, 0xAARRGGBB; alpha is dropped.
         *
         * @param read puts the colours of a row into an array of [width].
         */
        fun ofColours(width: Int, height: Int, read: (row: Int, into: IntArray) -> Unit): RgbImage {
            val colours = IntArray(width)
            val pixels = ByteArray(CHANNELS * width * height)
            var to = 0
            for (row in 0 until height) {
                read(row, colours)
                for (colour in colours) {
                    pixels[to++] = (colour shr RED).toByte()
                    pixels[to++] = (colour shr GREEN).toByte()
                    pixels[to++] = colour.toByte()
                }
            }
            return RgbImage(width, height, pixels)
        }

        /** Red, green and blue. */
        const val CHANNELS = 3

        private const val RED = 16
        private const val GREEN = 8
        private const val QUARTER_TURN = 90
        private const val FULL_TURN = 360
    }
}
