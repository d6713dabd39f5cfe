package org.lowformer.edge.core

import java.nio.ByteBuffer

/**
 * One plane of a camera's image.
 *
 * @property bytes from the plane's first value on; the last row may end with its last value.
 * @property rowStride bytes from one row to the next.
 * @property pixelStride bytes from one value to the next.
 */
class YuvPlane(val bytes: ByteBuffer, val rowStride: Int, val pixelStride: Int)

/**
 * A camera's image in YUV_420_888: the brightness of each pixel, and two colour differences of each 2 x 2.
 *
 * @property width in pixels, as the height.
 * @property luma Y, [height, width].
 * @property blue U or Cb, [ceil(height / 2), ceil(width / 2)].
 * @property red V or Cr, likewise.
 */
class YuvImage(val width: Int, val height: Int, val luma: YuvPlane, val blue: YuvPlane, val red: YuvPlane) {
    /**
     * The image in RGB, by the full range of BT.601 as in JPEG files (JFIF 1.02), which is what Android's cameras
     * give. Each colour difference counts for all of its 2 x 2 pixels.
     *
     * R = Y + 1.402 (V - 128), G = Y - 0.344136 (U - 128) - 0.714136 (V - 128), B = Y + 1.772 (U - 128), rounded.
     *
     * @throws EdgeException a plane is too short for the image.
     */
    fun toRgb(): RgbImage {
        val half = (width + 1) / 2
        val lumaRow = Row(luma, width, height)
        val blueRow = Row(blue, half, (height + 1) / 2)
        val redRow = Row(red, half, (height + 1) / 2)
        val pixels = ByteArray(RgbImage.CHANNELS * width * height)
        var to = 0
        for (y in 0 until height) {
            lumaRow.read(y)
            if (y % 2 == 0) {
                blueRow.read(y / 2)
                redRow.read(y / 2)
            }
            for (x in 0 until width) {
                val light = (lumaRow.at(x) shl FRACTION) + HALF
                val u = blueRow.at(x / 2) - GREY
                val v = redRow.at(x / 2) - GREY
                pixels[to] = clipped(light + RED_V * v)
                pixels[to + 1] = clipped(light - GREEN_U * u - GREEN_V * v)
                pixels[to + 2] = clipped(light + BLUE_U * u)
                to += RgbImage.CHANNELS
            }
        }
        return RgbImage(width, height, pixels)
    }

    /** A row of a plane at a time: a camera's buffer is slow to read byte by byte. */
    private class Row(private val plane: YuvPlane, columns: Int, rows: Int) {
        private val source = plane.bytes.duplicate()
        private val stride = plane.pixelStride
        private val bytes = ByteArray((columns - 1) * stride + 1)

        init {
            val needed = (rows - 1L) * plane.rowStride + bytes.size
            if (stride < 1 || plane.rowStride < bytes.size && rows > 1 || source.limit() < needed) {
                throw EdgeException("the camera's image is cut off: ${source.limit()} bytes, not $needed; take another")
            }
        }

        fun read(row: Int) {
            source.position(row * plane.rowStride)
            source.get(bytes)
        }

        fun at(column: Int): Int = bytes[column * stride].toInt() and BYTE
    }

    private companion object {
        const val BYTE = 0xFF
        const val GREY = 128
        const val FRACTION = 16
        const val HALF = 1 shl (FRACTION - 1)
        const val RED_V = 91881
        const val GREEN_U = 22553
        const val GREEN_V = 46802
        const val BLUE_U = 116130

        fun clipped(value: Int): Byte = (value shr FRACTION).coerceIn(0, BYTE).toByte()
    }
}
