package org.lowformer.edge.core

import kotlin.math.ceil

/**
 * A part of a resized image.
 *
 * @property top its first row in the resized image.
 * @property left its first column.
 */
internal data class Crop(val top: Int, val left: Int, val size: Size)

/**
 * Resizes an image to a [size] and cuts a part out, computing no pixel outside of it.
 *
 * The result is Pillow's to the last bit: one pass along the rows and one along the columns, each antialiased,
 * in fixed point, and rounded to 8 bits at its end.
 */
internal fun resample(
    image: RgbImage,
    size: Size,
    crop: Crop,
    interpolation: Interpolation,
): RgbImage {
    if (interpolation == Interpolation.NEAREST) return nearest(image, size, crop)
    val columns = Weights.of(image.width, size.width, crop.left, crop.size.width, interpolation)
    val rows = Weights.of(image.height, size.height, crop.top, crop.size.height, interpolation)
    return if (columnsFirst(image, size)) {
        alongRows(alongColumns(image, columns.inputs, rows), rows.outputs, columns.withoutMargin())
    } else {
        alongColumns(alongRows(image, rows.inputs, columns), columns.outputs, rows.withoutMargin())
    }
}

/** Pillow 13 begins with the columns where these lose more than twice as many pixels as the rows do. */
private fun columnsFirst(image: RgbImage, size: Size): Boolean =
    size.height < image.height && image.height - size.height > 2 * (image.width - size.width)

/**
 * What a stretch of outputs of one direction takes of its inputs.
 *
 * @property first input of each output.
 * @property count of the inputs of each output.
 * @property stride how many of [values] each output has; those beyond its count are 0.
 * @property values the weights, in units of 1 / 2^[PRECISION_BITS].
 */
private class Weights(val first: IntArray, val count: IntArray, val stride: Int, val values: IntArray) {
    val outputs: IntRange get() = first.indices

    /** What is used of the inputs. */
    val inputs: IntRange get() = first.first() until first.last() + count.last()

    /** The same for inputs of which those before the first that is used were cut off. */
    fun withoutMargin() = Weights(IntArray(first.size) { first[it] - first[0] }, count, stride, values)

    companion object {
        /**
         * The weights of [outputs] outputs from number [from] on, when [inputSize] inputs become [outputSize].
         *
         * An output's inputs are those within the support around its centre; when the image becomes smaller,
         * the support grows with the scale, which is what avoids aliasing.
         */
        fun of(inputSize: Int, outputSize: Int, from: Int, outputs: Int, interpolation: Interpolation): Weights {
            val scale = inputSize.toDouble() / outputSize
            val filterScale = maxOf(1.0, scale)
            val support = interpolation.support * filterScale
            val stride = ceil(support).toInt() * 2 + 1
            val first = IntArray(outputs)
            val count = IntArray(outputs)
            val values = IntArray(outputs * stride)
            val exact = DoubleArray(stride)
            for (output in 0 until outputs) {
                val centre = (from + output + 0.5) * scale
                val start = maxOf(0, (centre - support + 0.5).toInt())
                val end = minOf(inputSize, (centre + support + 0.5).toInt())
                var sum = 0.0
                for (tap in 0 until end - start) {
                    exact[tap] = interpolation.weight((tap + start - centre + 0.5) * (1.0 / filterScale))
                    sum += exact[tap]
                }
                for (tap in 0 until end - start) {
                    values[output * stride + tap] = fixed(if (sum != 0.0) exact[tap] / sum else exact[tap])
                }
                first[output] = start
                count[output] = end - start
            }
            return Weights(first, count, stride, values)
        }

        /** In fixed point; halves away from zero. */
        private fun fixed(weight: Double): Int {
            val scaled = weight * (1 shl PRECISION_BITS)
            return (if (weight < 0) scaled - 0.5 else scaled + 0.5).toInt()
        }
    }
}

/** Some [rows] of an image, resized along the rows. */
private fun alongRows(image: RgbImage, rows: IntRange, weights: Weights): RgbImage {
    val source = image.pixels
    val outputs = weights.outputs
    val target = ByteArray(RgbImage.CHANNELS * rows.count() * outputs.count())
    var to = 0
    for (row in rows) {
        val start = row * image.width
        for (output in outputs) {
            var red = HALF
            var green = HALF
            var blue = HALF
            var at = RgbImage.CHANNELS * (start + weights.first[output])
            val begin = output * weights.stride
            for (tap in begin until begin + weights.count[output]) {
                val weight = weights.values[tap]
                red += weight * (source[at].toInt() and BYTE)
                green += weight * (source[at + 1].toInt() and BYTE)
                blue += weight * (source[at + 2].toInt() and BYTE)
                at += RgbImage.CHANNELS
            }
            target[to] = clipped(red)
            target[to + 1] = clipped(green)
            target[to + 2] = clipped(blue)
            to += RgbImage.CHANNELS
        }
    }
    return RgbImage(outputs.count(), rows.count(), target)
}

/** Some [columns] of an image, resized along the columns. */
private fun alongColumns(image: RgbImage, columns: IntRange, weights: Weights): RgbImage {
    val source = image.pixels
    val length = RgbImage.CHANNELS * columns.count()
    val target = ByteArray(weights.outputs.count() * length)
    val sums = IntArray(length)
    for (output in weights.outputs) {
        sums.fill(HALF)
        val begin = output * weights.stride
        for (tap in 0 until weights.count[output]) {
            val weight = weights.values[begin + tap]
            val from = RgbImage.CHANNELS * ((weights.first[output] + tap) * image.width + columns.first)
            for (index in 0 until length) {
                sums[index] += weight * (source[from + index].toInt() and BYTE)
            }
        }
        for (index in 0 until length) target[output * length + index] = clipped(sums[index])
    }
    return RgbImage(columns.count(), weights.outputs.count(), target)
}

/** The pixel of a sum in fixed point. */
private fun clipped(sum: Int): Byte = (sum shr PRECISION_BITS).coerceIn(0, BYTE).toByte()

private fun nearest(image: RgbImage, size: Size, crop: Crop): RgbImage {
    val columns = nearestInputs(image.width, size.width, crop.left, crop.size.width)
    val rows = nearestInputs(image.height, size.height, crop.top, crop.size.height)
    val target = ByteArray(RgbImage.CHANNELS * rows.size * columns.size)
    var to = 0
    for (row in rows) {
        for (column in columns) {
            val at = RgbImage.CHANNELS * (row * image.width + column)
            for (channel in 0 until RgbImage.CHANNELS) target[to++] = image.pixels[at + channel]
        }
    }
    return RgbImage(columns.size, rows.size, target)
}

/** The nearest input of [outputs] outputs; Pillow adds the steps up, so where halves fall depends on it. */
private fun nearestInputs(inputSize: Int, outputSize: Int, from: Int, outputs: Int): IntArray {
    val scale = inputSize.toDouble() / outputSize
    val inputs = IntArray(outputs)
    var place = scale * 0.5
    for (output in 0 until from + outputs) {
        if (output >= from) inputs[output - from] = place.toInt()
        place += scale
    }
    return inputs
}

/** Of a weight's fraction: 32 bits, less 8 of a pixel and 2 for sums that overshoot. */
private const val PRECISION_BITS = 22
private const val HALF = 1 shl (PRECISION_BITS - 1)
private const val BYTE = 0xFF
