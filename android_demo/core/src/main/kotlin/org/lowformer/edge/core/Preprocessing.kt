package org.lowformer.edge.core

import org.json.JSONObject
import kotlin.math.ceil
import kotlin.math.round

/**
 * How an image becomes the network's input, the same as Python's `artifact/preprocessing.py`.
 *
 * Resize the short side, crop the centre, scale to [0, 1], then subtract the mean and divide by the standard
 * deviation of each channel.
 *
 * @property size side of the square centre crop in pixels: the network's input size.
 * @property resize short side after resizing in pixels, ceil([size] / [cropRatio]).
 * @property cropRatio share of the resized short side that the crop keeps.
 * @property mean of red, green and blue, in [0, 1].
 * @property std of red, green and blue, in [0, 1].
 */
data class Preprocessing(
    val size: Int,
    val resize: Int,
    val cropRatio: Double,
    val interpolation: Interpolation,
    val mean: List<Float>,
    val std: List<Float>,
) {
    init {
        require(size in 1..LONGEST_SIDE) { "size must be from 1 to $LONGEST_SIDE, not $size" }
        require(cropRatio in LEAST_CROP_RATIO..1.0) { "crop_ratio must be in [$LEAST_CROP_RATIO, 1], not $cropRatio" }
        val implied = ceil(size / cropRatio)
        require(resize.toDouble() == implied) {
            "resize $resize contradicts size $size at crop_ratio $cropRatio, which give ${implied.toLong()}"
        }
        require(resize <= LONGEST_SIDE) { "resize must be at most $LONGEST_SIDE, not $resize" }
        require(mean.size == RgbImage.CHANNELS && std.size == RgbImage.CHANNELS && (mean + std).all(::isFinite)) {
            "mean and std need three numbers each"
        }
        require(std.all { it > 0 }) { "std must be positive" }
    }

    /**
     * Resizes and crops an upright image, in the very arithmetic of Pillow.
     *
     * @return [size] x [size] pixels.
     * @throws EdgeException the sides are so unequal that the long one would pass [LONGEST_SIDE].
     */
    fun pixels(image: RgbImage): RgbImage {
        val width = resized(image.width, image.height)
        val height = resized(image.height, image.width)
        if (maxOf(width, height) > LONGEST_SIDE) {
            throw EdgeException("${image.width} x ${image.height} pixels are too unequal to be resized; crop the image")
        }
        return resample(image, width, height, Crop(margin(width), margin(height), size), interpolation)
    }

    /** A side after resizing, beside the other one; cut off, not rounded. */
    private fun resized(side: Int, other: Int): Int =
        if (side <= other) resize else (resize.toLong() * side / other.toDouble()).toInt()

    /** Where the crop begins; halves to the even number, as Python's `round` does. */
    private fun margin(side: Int): Int = round((side - size) / 2.0).toInt()

    /**
     * Scales and normalises pixels: (pixel / 255 - mean) / std in float32.
     *
     * @param pixels uint8 [images, H, W, 3].
     * @param layout of the result: [Layout.NHWC] or [Layout.NCHW].
     */
    fun normalise(pixels: ByteArray, images: Int, layout: Layout): FloatArray {
        require(images > 0 && pixels.size % (RgbImage.CHANNELS * images) == 0) {
            "${pixels.size} bytes are no $images RGB images"
        }
        val tables = List(RgbImage.CHANNELS) { normalised(it) }
        val area = pixels.size / (RgbImage.CHANNELS * images)
        val (pixelStep, channelStep) = when (layout) {
            Layout.NHWC -> RgbImage.CHANNELS to 1
            Layout.NCHW -> 1 to area
            Layout.NK -> throw IllegalArgumentException("images have no layout NK")
        }
        val values = FloatArray(pixels.size)
        for (channel in 0 until RgbImage.CHANNELS) {
            val table = tables[channel]
            for (image in 0 until images) {
                val start = image * area * RgbImage.CHANNELS
                var to = start + channel * channelStep
                var from = start + channel
                for (pixel in 0 until area) {
                    values[to] = table[pixels[from].toInt() and BYTE]
                    to += pixelStep
                    from += RgbImage.CHANNELS
                }
            }
        }
        return values
    }

    /** What each pixel value of a channel becomes. */
    private fun normalised(channel: Int) = FloatArray(BYTE + 1) { (it / WHITE - mean[channel]) / std[channel] }

    companion object {
        /** Pixels of a resized image's long side; beyond that it is no photo, and would fill memory. */
        const val LONGEST_SIDE = 32_768

        private const val LEAST_CROP_RATIO = 0.01
        private const val BYTE = 0xFF
        private const val WHITE = 255f

        /**
         * Reads what a manifest and a job state.
         *
         * @throws EdgeException a field is missing, unknown, impossible or contradicts another.
         */
        fun parse(json: JSONObject): Preprocessing = parse(Fields(json, "preprocessing"))

        /** The same, of a field of a larger document. */
        fun parse(fields: Fields): Preprocessing {
            fields.named("size", "resize", "crop_ratio", "interpolation", "mean", "std")
            return try {
                Preprocessing(
                    size = fields.int("size"),
                    resize = fields.int("resize"),
                    cropRatio = fields.real("crop_ratio"),
                    interpolation = Interpolation.of(fields.text("interpolation")),
                    mean = fields.reals("mean").map { it.toFloat() },
                    std = fields.reals("std").map { it.toFloat() },
                )
            } catch (error: IllegalArgumentException) {
                throw EdgeException("${fields.place}: ${error.message}", error)
            }
        }

        private fun isFinite(value: Float) = value.isFinite()
    }
}
