package org.lowformer.edge.core

import kotlin.math.pow
import kotlin.math.sqrt

/**
 * The boxes that a level's outputs are relative to, as mmdet places them; Python's `tasks/anchors.py`.
 *
 * They are centred on whole multiples of the stride, beginning with the image's corner.
 *
 * @property height rows of the level's map.
 * @property width columns of the level's map.
 */
internal class Anchors private constructor(private val stride: Int, val height: Int, val width: Int) {
    /** Half the width and half the height of each kind, by ratio, and those of one ratio by size. */
    private val halves = DoubleArray(2 * PER_PLACE) { index ->
        val kind = index / 2
        val side = stride * BASE_SCALE * 2.0.pow(kind % SCALES_PER_OCTAVE / SCALES_PER_OCTAVE.toDouble())
        val root = sqrt(RATIOS[kind / SCALES_PER_OCTAVE])
        (if (index % 2 == 0) 1 / root * side else root * side) / 2
    }

    /** Number of anchors. */
    val count: Int get() = height * width * PER_PLACE

    /**
     * Writes the corners x1, y1, x2, y2 of an anchor in pixels of the input.
     *
     * @param number of the anchor, by row, column and kind.
     */
    fun write(number: Int, into: FloatArray, at: Int) {
        val place = number / PER_PLACE
        val kind = number % PER_PLACE
        val x = (place % width * stride).toDouble()
        val y = (place / width * stride).toDouble()
        into[at] = (x - halves[2 * kind]).toFloat()
        into[at + 1] = (y - halves[2 * kind + 1]).toFloat()
        into[at + 2] = (x + halves[2 * kind]).toFloat()
        into[at + 3] = (y + halves[2 * kind + 1]).toFloat()
    }

    companion object {
        /** Numbers of a box. */
        const val BOX_SIDES = 4

        /** The pyramid's finest level, P3, whose stride is 2^3. */
        const val FIRST_LEVEL = 3

        private const val BASE_SCALE = 4
        private const val SCALES_PER_OCTAVE = 3

        /** Height over width. */
        private val RATIOS = doubleArrayOf(0.5, 1.0, 2.0)

        /** Anchors of a place. */
        const val PER_PLACE = 9

        /** More levels than any input has room for. */
        const val MOST_LEVELS = 9

        /** The anchors of an input's level, 3 for stride 8. */
        fun of(input: Size, level: Int): Anchors {
            val stride = 1 shl level
            return Anchors(stride, (input.height + stride - 1) / stride, (input.width + stride - 1) / stride)
        }
    }
}
