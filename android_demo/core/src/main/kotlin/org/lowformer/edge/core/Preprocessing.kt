package org.lowformer.edge.core

import org.json.JSONObject
import kotlin.math.ceil
import kotlin.math.round

/**
 * How an image becomes the network's input, the same as Python's `artifact/preprocessing.py`.
 *
 * Resize to the network's size, scale to [0, 1], then subtract the mean and divide by the standard deviation of each
 * channel.
 *
 * @property size of the network's input.
 * @property resize what a resized image covers, in [ResizeMode.CROP], or else keeps within; there it is each side of
 *   [size] divided by [cropRatio] and rounded up, and else [size].
 * @property cropRatio share of the covered size that a crop keeps.
 * @property padding for [ResizeMode.LETTERBOX]: red, green and blue from 0 to 255.
 * @property paddingPlace for [ResizeMode.LETTERBOX].
 * @property mean of red, green and blue, in [0, 1].
 * @property std of red, green and blue, in [0, 1].
 */
data class Preprocessing(
    val size: Size,
    val resize: Size,
    val resizeMode: ResizeMode,
    val cropRatio: Double,
    val interpolation: Interpolation,
    val padding: List<Int>,
    val paddingPlace: PaddingPlace,
    val mean: List<Float>,
    val std: List<Float>,
) {
    init {
        require(size.height in SIDES && size.width in SIDES) {
            "height and width must be from 1 to $LONGEST_SIDE, not $size"
        }
        require(cropRatio in LEAST_CROP_RATIO..1.0) { "crop_ratio must be in [$LEAST_CROP_RATIO, 1], not $cropRatio" }
        val implied = Size(covered(size.height), covered(size.width))
        require(resize == implied) {
            "resize $resize contradicts $size at resize_mode ${resizeMode.id} and crop_ratio $cropRatio, which give" +
                " $implied"
        }
        require(resize.longest <= LONGEST_SIDE) { "resize must be at most $LONGEST_SIDE, not $resize" }
        require(padding.size == RgbImage.CHANNELS && padding.all { it in 0..BYTE }) {
            "padding needs three whole numbers from 0 to $BYTE, not ${padding.take(RgbImage.CHANNELS + 1)}"
        }
        require(mean.size == RgbImage.CHANNELS && std.size == RgbImage.CHANNELS && (mean + std).all(::isFinite)) {
            "mean and std need three numbers each"
        }
        require(std.all { it > 0 }) { "std must be positive" }
    }

    /** Whether the network sees the whole of an image, and not its centre alone. */
    val seesAll: Boolean get() = resizeMode != ResizeMode.CROP

    /** A side of [resize]. */
    private fun covered(side: Int): Int =
        if (resizeMode == ResizeMode.CROP) ceil(side / cropRatio).toInt() else side

    /** What an image is resized to; a side is at most 2^31 - 1, however far it would pass that. */
    fun resized(image: Size): Size {
        val (height, width) = image
        val tall = resize.height.toLong()
        val wide = resize.width.toLong()
        return when (resizeMode) {
            ResizeMode.SQUASH -> resize
            // The side that the other one is as large as, or larger; cut off, not rounded.
            ResizeMode.CROP ->
                if (tall * width >= wide * height) {
                    Size(resize.height, (tall * width / height.toDouble()).toInt())
                } else {
                    Size((wide * height / width.toDouble()).toInt(), resize.width)
                }
            // As detectors are trained by mmcv, to the last bit of its factor.
            ResizeMode.LETTERBOX -> {
                val factor = minOf(tall / height.toDouble(), wide / width.toDouble())
                Size(fitted(height, factor), fitted(width, factor))
            }
        }
    }

    /** A side of an image that is resized by a factor; nothing vanishes. */
    private fun fitted(side: Int, factor: Double): Int = maxOf((side * factor + 0.5).toInt(), 1)

    /**
     * Where a resized image begins in the network's input: from the top, and from the left.
     *
     * Negative where the image is cropped.
     */
    fun placed(resized: Size): Pair<Int, Int> = when (resizeMode) {
        ResizeMode.LETTERBOX -> when (paddingPlace) {
            PaddingPlace.BOTTOM_RIGHT -> 0 to 0
            PaddingPlace.AROUND -> (size.height - resized.height) / 2 to (size.width - resized.width) / 2
        }
        else -> -margin(resized.height - size.height) to -margin(resized.width - size.width)
    }

    /** What is cut off on one side; halves to the even number, as Python's `round` does. */
    private fun margin(excess: Int): Int = round(excess / 2.0).toInt()

    /**
     * Resizes an upright image, and crops or pads it, in the very arithmetic of Pillow.
     *
     * @return an image of [size].
     * @throws EdgeException the sides are so unequal that the long one would pass [LONGEST_SIDE].
     */
    fun pixels(image: RgbImage): RgbImage {
        val whole = resized(Size(image.height, image.width))
        if (whole.longest > LONGEST_SIDE) {
            throw EdgeException("${image.width} x ${image.height} pixels are too unequal to be resized; crop the image")
        }
        val (top, left) = placed(whole)
        if (resizeMode == ResizeMode.LETTERBOX) {
            return padded(resample(image, whole, Crop(0, 0, whole), interpolation), top, left)
        }
        return resample(image, whole, Crop(-top, -left, size), interpolation)
    }

    /** An image of [size] in the padding's colour, with another image on it. */
    private fun padded(image: RgbImage, top: Int, left: Int): RgbImage {
        val colour = ByteArray(RgbImage.CHANNELS) { padding[it].toByte() }
        val canvas = ByteArray(RgbImage.CHANNELS * size.height * size.width) { colour[it % RgbImage.CHANNELS] }
        val length = RgbImage.CHANNELS * image.width
        for (row in 0 until image.height) {
            val to = RgbImage.CHANNELS * ((top + row) * size.width + left)
            image.pixels.copyInto(canvas, to, row * length, (row + 1) * length)
        }
        return RgbImage(size.width, size.height, canvas)
    }

    /**
     * Scales and normalises pixels: (pixel / 255 - mean) / std in float32.
     *
     * @param pixels uint8 [images, H, W, 3].
     * @param layout of the result: [Layout.NHWC] or [Layout.NCHW].
     */
    fun normalise(pixels: ByteArray, images: Int, layout: Layout): FloatArray {
        val tables = List(RgbImage.CHANNELS) { normalised(it) }
        val values = FloatArray(pixels.size)
        arrange(pixels.size, images, layout) { channel, from, to ->
            values[to] = tables[channel][pixels[from].toInt() and BYTE]
        }
        return values
    }

    /** What each pixel value of a channel becomes. */
    private fun normalised(channel: Int) = FloatArray(BYTE + 1) { (it / WHITE - mean[channel]) / std[channel] }

    companion object {
        /** Pixels of a resized image's long side; beyond that it is no photo, and would fill memory. */
        const val LONGEST_SIDE = 32_768

        private val SIDES = 1..LONGEST_SIDE
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
            fields.named(
                "height", "width", "resize", "resize_mode", "crop_ratio", "interpolation", "padding", "padding_place",
                "mean", "std",
            )
            val resize = fields.ints("resize")
            if (resize.size != 2) throw EdgeException("${fields.place}.resize must be a height and a width")
            return try {
                Preprocessing(
                    size = Size(fields.int("height"), fields.int("width")),
                    resize = Size(resize[0], resize[1]),
                    resizeMode = ResizeMode.of(fields.text("resize_mode")),
                    cropRatio = fields.real("crop_ratio"),
                    interpolation = Interpolation.of(fields.text("interpolation")),
                    padding = fields.ints("padding"),
                    paddingPlace = PaddingPlace.of(fields.text("padding_place")),
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
