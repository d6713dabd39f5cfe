package org.lowformer.edge.core

/**
 * The class of each pixel of an image.
 *
 * @property labels row by row; [UNSEEN] where the image was cropped.
 */
class LabelMap(val size: Size, val labels: ByteArray) {
    /** The class at a place, which is counted row by row. */
    fun at(place: Int): Int = labels[place].toInt() and BYTE

    /** The classes that occur, with their share of all pixels, from the largest. */
    fun regions(): List<Region> {
        val counts = IntArray(BYTE + 1)
        for (place in labels.indices) counts[at(place)]++
        val found = (0 until UNSEEN).filter { counts[it] > 0 }.sortedByDescending { counts[it] }
        return found.map { Region(it, counts[it].toDouble() / labels.size) }
    }

    companion object {
        /** The label of what the network did not see. */
        const val UNSEEN = 255

        private const val BYTE = 0xFF
    }
}

/**
 * The pixels of an image that show one class.
 *
 * @property index counts classes from 0.
 * @property share of the image's pixels, in [0, 1].
 */
data class Region(val index: Int, val share: Double)

/**
 * Labels of an image from a segmenter's logits, in the arithmetic and with the ties of Python's `tasks/label_map.py`.
 *
 * Not for several threads at once: it keeps its memory from one image to the next.
 *
 * @property input of the network.
 * @property classes of the segmenter.
 */
internal class LabelDecoder(private val input: Size, private val classes: Int) {
    private var upper = FloatArray(0)
    private var lower = FloatArray(0)
    private var wide = FloatArray(0)

    init {
        require(classes in 1..LabelMap.UNSEEN) {
            "$classes classes have no label map; 1 to ${LabelMap.UNSEEN} have one"
        }
    }

    /**
     * Labels in mmseg's order: logits are resized to the input, cut to the image without its padding and resized to
     * its size; then the best class is taken, of equal ones the first.
     *
     * @param logits at a quarter of the input, or at its size.
     * @param placement the image's in the input.
     * @throws EdgeException logits are of another shape, NaN or infinite.
     */
    fun interpolated(logits: FeatureMap, placement: Placement): LabelMap {
        check(logits, placement)
        val values = logits.byPlace()
        val tall = Mixture.of(logits.height, input.height)
        val across = Mixture.of(logits.width, input.width)
        val down = Mixture.fromInput(placement.rows)
        val columns = Mixture.fromInput(placement.columns)
        val row = logits.width * classes
        if (upper.size != row) {
            upper = FloatArray(row)
            lower = FloatArray(row)
        }
        if (wide.size != input.width * classes) wide = FloatArray(input.width * classes)
        val size = placement.image
        val labels = ByteArray(size.height * size.width)
        for (y in 0 until size.height) {
            mix(values, row, tall, down.first[y], upper, 0)
            if (down.share[y] != 0f) {
                mix(values, row, tall, down.second[y], lower, 0)
                mix(upper, lower, down.share[y])
            }
            for (x in 0 until input.width) mix(upper, classes, across, x, wide, x * classes)
            for (x in 0 until size.width) labels[y * size.width + x] = best(columns, x).toByte()
        }
        return unseen(LabelMap(size, labels), placement)
    }

    /**
     * Labels in the cheap order: the best class of each logit, then the logit in whose place a pixel's centre lies.
     *
     * @param logits at a quarter of the input, or at its size.
     * @param placement the image's in the input.
     * @throws EdgeException logits are of another shape, NaN or infinite.
     */
    fun nearest(logits: FeatureMap, placement: Placement): LabelMap {
        check(logits, placement)
        val small = ByteArray(logits.places) { place ->
            var best = 0
            for (index in 1 until classes) {
                if (logits.at(place, index) > logits.at(place, best)) best = index
            }
            best.toByte()
        }
        val rows = nearest(placement.rows, logits.height)
        val columns = nearest(placement.columns, logits.width)
        val size = placement.image
        val labels = ByteArray(size.height * size.width) {
            small[rows[it / size.width] * logits.width + columns[it % size.width]]
        }
        return unseen(LabelMap(size, labels), placement)
    }

    /** Mixes two of [length] values each, of those that lie one after the other. */
    private fun mix(values: FloatArray, length: Int, mixture: Mixture, place: Int, into: FloatArray, at: Int) {
        val first = mixture.first[place] * length
        val second = mixture.second[place] * length
        val share = mixture.share[place]
        val rest = 1 - share
        for (index in 0 until length) {
            into[at + index] = values[first + index] * rest + values[second + index] * share
        }
    }

    private fun mix(values: FloatArray, others: FloatArray, share: Float) {
        val rest = 1 - share
        for (index in values.indices) values[index] = values[index] * rest + others[index] * share
    }

    /** The first of the best classes of a pixel of the image, from the row of the input. */
    private fun best(columns: Mixture, x: Int): Int {
        val first = columns.first[x] * classes
        val second = columns.second[x] * classes
        val share = columns.share[x]
        val rest = 1 - share
        var best = 0
        var highest = Float.NEGATIVE_INFINITY
        for (index in 0 until classes) {
            val value = wide[first + index] * rest + wide[second + index] * share
            if (value > highest) {
                highest = value
                best = index
            }
        }
        return best
    }

    private fun check(logits: FeatureMap, placement: Placement) {
        val shape = listOf(logits.channels, logits.height, logits.width)
        if (placement.input != input || logits.channels != classes || !fits(shape, input)) {
            throw EdgeException(
                "logits of one image of $input must be $classes x ${quarter(input)}, or of its size, not" +
                    " ${shape.joinToString(" x ")} in an input of ${placement.input}",
            )
        }
        if (!logits.values.all { it.isFinite() }) {
            throw EdgeException("logits are NaN or infinite; choose another precision or runtime")
        }
    }

    companion object {
        /** Pixels of the input between two logits. */
        private const val STRIDE = 4

        /** Whether logits [K, H, W] are at a quarter of an input, or at its size. */
        internal fun fits(shape: List<Int>, input: Size): Boolean {
            val sides = shape.drop(1)
            return sides == quarter(input).sides || sides == input.sides
        }

        private val Size.sides: List<Int> get() = listOf(height, width)

        private fun quarter(input: Size) =
            Size((input.height + STRIDE - 1) / STRIDE, (input.width + STRIDE - 1) / STRIDE)

        /** Where a pixel has its centre in the input, in pixels of the input times 2 * [Extent.image]. */
        private fun centre(extent: Extent, pixel: Int): Long =
            (2L * pixel + 1) * extent.resized + 2L * extent.image * extent.start

        /** The places, of so many, that the image's pixels lie in. */
        private fun nearest(extent: Extent, count: Int) = IntArray(extent.image) {
            val place = (centre(extent, it) * count).floorDiv(2L * extent.image * extent.input)
            place.coerceIn(0, count - 1L).toInt()
        }

        private fun isUnseen(extent: Extent, pixel: Int): Boolean {
            val centre = centre(extent, pixel)
            return centre < 0 || centre >= 2L * extent.image * extent.input
        }

        /** Marks what the network did not see, since the image was cropped. */
        private fun unseen(map: LabelMap, placement: Placement): LabelMap {
            val (height, width) = map.size
            val mark = LabelMap.UNSEEN.toByte()
            for (y in 0 until height) {
                if (isUnseen(placement.rows, y)) map.labels.fill(mark, y * width, (y + 1) * width)
            }
            for (x in 0 until width) {
                if (!isUnseen(placement.columns, x)) continue
                for (y in 0 until height) map.labels[y * width + x] = mark
            }
            return map
        }
    }
}
