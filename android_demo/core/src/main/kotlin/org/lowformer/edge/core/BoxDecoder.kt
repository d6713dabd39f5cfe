package org.lowformer.edge.core

import kotlin.math.abs
import kotlin.math.exp
import kotlin.math.ln

/**
 * An object in an image.
 *
 * @property index counts classes from 0.
 * @property score in [0, 1].
 * @property left of its box in pixels of the image, as the other three sides.
 */
data class Detection(
    val index: Int,
    val score: Float,
    val left: Float,
    val top: Float,
    val right: Float,
    val bottom: Float,
)

/**
 * What is kept of a detector's boxes; the defaults are mmdet's for RetinaNet.
 *
 * @property scoreThreshold scores must be above it, in [0, 1).
 * @property mostPerLevel pairs of an anchor and a class that each level keeps.
 * @property mostIou of two boxes of one class; the worse one is left out above it.
 * @property mostBoxes of an image.
 */
internal data class DecodingSettings(
    val scoreThreshold: Double = 0.05,
    val mostPerLevel: Int = 1000,
    val mostIou: Double = 0.5,
    val mostBoxes: Int = 100,
) {
    init {
        require(scoreThreshold >= 0 && scoreThreshold < 1 && mostIou in 0.0..1.0) {
            "a score threshold is in [0, 1) and an IoU in [0, 1], not $scoreThreshold and $mostIou"
        }
        require(mostPerLevel > 0 && mostBoxes > 0) { "at least one box of a level and of an image must be kept" }
    }

    /** The threshold before the sigmoid. */
    internal val logitThreshold: Float
        get() = if (scoreThreshold > 0) ln(scoreThreshold / (1 - scoreThreshold)).toFloat() else Float.NEGATIVE_INFINITY
}

/**
 * Decodes the outputs of a detector for one input size, in the order and with the ties of Python's
 * `tasks/box_decoder.py`: by the logit, or by the score where the file gives scores; of equal ones comes first what is
 * first by level, row, column, anchor and class.
 *
 * Not for several threads at once: it keeps its memory from one image to the next.
 *
 * @property input of the network.
 * @property classes of the detector.
 * @param levels of its pyramid.
 */
internal class BoxDecoder(
    private val input: Size,
    private val classes: Int,
    levels: Int,
    private val settings: DecodingSettings = DecodingSettings(),
) {
    private val levels = List(levels) { Anchors.of(input, Anchors.FIRST_LEVEL + it) }
    private val ranking = Ranking()

    /** Number of anchors of all levels. */
    private val anchors = this.levels.sumOf { it.count }

    /** Corners of the candidates' boxes, in their order. */
    private var boxes = FloatArray(0)

    init {
        require(classes > 0 && levels in 1..Anchors.MOST_LEVELS && minOf(input.height, input.width) > 0) {
            "a detector needs pixels, a class and 1 to ${Anchors.MOST_LEVELS} levels"
        }
        require(anchors.toLong() * classes <= Int.MAX_VALUE) { "$classes classes of $anchors boxes are too many" }
    }

    /**
     * Objects of an image from the maps of each level.
     *
     * @param logits of each level from the finest, of 9 * classes channels.
     * @param deltas likewise, of 36 channels.
     * @param placement the image's in the input.
     * @throws EdgeException a map is missing or of another shape, or a value is NaN or infinite.
     */
    fun decode(logits: List<FeatureMap>, deltas: List<FeatureMap>, placement: Placement): List<Detection> {
        check(logits, "class_logits", classes)
        check(deltas, "box_deltas", Anchors.BOX_SIDES)
        for (map in deltas) checkFinite(map.values, "box_deltas")
        ranking.clear()
        var start = 0
        for ((level, map) in logits.withIndex()) {
            rank(map, start * classes)
            start += levels[level].count
        }
        ranking.sort()
        return best(placement, ::sigmoid) { number, at ->
            var anchor = number
            var level = 0
            while (anchor >= levels[level].count) anchor -= levels[level++].count
            levels[level].write(anchor, boxes, at)
            shift(deltas[level], anchor, at)
        }
    }

    /**
     * Objects of an image where the file decodes its maps.
     *
     * @param decoded corners x1, y1, x2, y2 of every anchor in pixels of the input [A, 4].
     * @param scores of every anchor and class [A, K], after the sigmoid.
     * @param placement the image's in the input.
     * @throws EdgeException a size is another, a value is NaN or infinite, or a score is not in [0, 1].
     */
    fun decodeBoxes(decoded: FloatArray, scores: FloatArray, placement: Placement): List<Detection> {
        checkSize(decoded.size, Anchors.BOX_SIDES, "boxes")
        checkSize(scores.size, classes, "scores")
        checkFinite(decoded, "boxes")
        if (!scores.all { it >= 0f && it <= 1f }) throw EdgeException("scores are not in [0, 1]; export the file again")
        ranking.clear()
        val threshold = settings.scoreThreshold.toFloat()
        var start = 0
        for (level in levels) {
            val before = ranking.size
            val end = start + level.count * classes
            for (number in start until end) {
                if (scores[number] > threshold) ranking.add(scores[number], number)
            }
            ranking.keepBest(before, settings.mostPerLevel)
            start = end
        }
        ranking.sort()
        return best(placement, { it }) { number, at ->
            decoded.copyInto(boxes, at, number * Anchors.BOX_SIDES, (number + 1) * Anchors.BOX_SIDES)
        }
    }

    /** Ranks a level's logits above the threshold; those from number [start] on are its own. */
    private fun rank(map: FeatureMap, start: Int) {
        val values = map.values
        val threshold = settings.logitThreshold
        val before = ranking.size
        for (index in values.indices) {
            val logit = values[index]
            if (logit <= threshold) continue
            if (!logit.isFinite()) throw notFinite("class_logits")
            val isByPlace = map.layout == Layout.NHWC
            val number = if (isByPlace) index else index % map.places * map.channels + index / map.places
            ranking.add(logit, start + number)
        }
        ranking.keepBest(before, settings.mostPerLevel)
    }

    /** Makes an anchor's corners those of its box. */
    private fun shift(deltas: FeatureMap, anchor: Int, at: Int) {
        val place = anchor / Anchors.PER_PLACE
        val channel = anchor % Anchors.PER_PLACE * Anchors.BOX_SIDES
        for (axis in 0..1) {
            val first = boxes[at + axis]
            val second = boxes[at + axis + 2]
            val size = second - first
            val centre = (first + second) * 0.5f + size * deltas.at(place, channel + axis)
            val scale = deltas.at(place, channel + axis + 2).coerceIn(-LARGEST_SCALE, LARGEST_SCALE)
            val half = size * exp(scale.toDouble()).toFloat() / 2
            boxes[at + axis] = centre - half
            boxes[at + axis + 2] = centre + half
        }
    }

    /**
     * What remains of the candidates.
     *
     * @param score of a rank.
     * @param write puts the corners of an anchor, by its number over all levels, into [boxes] from a place on.
     */
    private fun best(
        placement: Placement,
        score: (Float) -> Float,
        write: (anchor: Int, at: Int) -> Unit,
    ): List<Detection> {
        if (placement.input != input) {
            throw EdgeException("an image placed in ${placement.input} pixels is none of a detector of $input")
        }
        val count = ranking.size
        if (boxes.size < count * Anchors.BOX_SIDES) boxes = FloatArray(count * Anchors.BOX_SIDES)
        val numbers = IntArray(count) { ranking.number(it) % classes }
        for (place in 0 until count) write(ranking.number(place) / classes, place * Anchors.BOX_SIDES)
        placement.toImage(boxes, count)
        return suppress(boxes, numbers, count, settings.mostIou.toFloat(), settings.mostBoxes).map { place ->
            val at = place * Anchors.BOX_SIDES
            val rank = score(ranking.rank(place))
            Detection(numbers[place], rank, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3])
        }
    }

    private fun check(maps: List<FeatureMap>, name: String, values: Int) {
        if (maps.size != levels.size) {
            throw EdgeException("$name: there are ${maps.size} maps, not one for each of ${levels.size} levels")
        }
        for ((level, map) in maps.withIndex()) {
            val (anchors, channels) = levels[level] to Anchors.PER_PLACE * values
            if (map.channels != channels || map.height != anchors.height || map.width != anchors.width) {
                val expected = "[$channels, ${anchors.height}, ${anchors.width}]"
                val found = "[${map.channels}, ${map.height}, ${map.width}]"
                throw EdgeException("${name}_p${Anchors.FIRST_LEVEL + level} must be $expected, not $found")
            }
        }
    }

    private fun checkSize(size: Int, values: Int, name: String) {
        if (size != anchors * values) {
            throw EdgeException("$name must be [$anchors, $values], and are $size values; export the file again")
        }
    }

    private fun checkFinite(values: FloatArray, name: String) {
        if (!values.all { it.isFinite() }) throw notFinite(name)
    }

    private fun notFinite(name: String) =
        EdgeException("$name are NaN or infinite; choose another precision or runtime")

    companion object {
        /** Of the logarithm of a box's side over its anchor's, as mmdet clamps it. */
        private val LARGEST_SCALE = abs(ln(16 / 1000.0)).toFloat()

        /** The score of a logit, in float64 as Python's. */
        private fun sigmoid(logit: Float): Float = (1 / (1 + exp(-logit.toDouble()))).toFloat()

        /** How many levels of an input have so many anchors; null where no number of them has. */
        fun levelsOf(input: Size, anchors: Int): Int? {
            var sum = 0
            for (level in 1..Anchors.MOST_LEVELS) {
                sum += Anchors.of(input, Anchors.FIRST_LEVEL + level - 1).count
                if (sum == anchors) return level
            }
            return null
        }
    }
}
