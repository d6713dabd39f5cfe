package org.lowformer.edge.core

import kotlin.math.floor

/**
 * For each new value along an axis, the two old ones that it is made of: Python's `tasks/bilinear.py`.
 *
 * @property first places of those before it.
 * @property second places of those after it.
 * @property share how much it has of the second one.
 */
internal class Mixture private constructor(val first: IntArray, val second: IntArray, val share: FloatArray) {
    companion object {
        /** From an axis of some length to one of another length. */
        fun of(before: Int, after: Int): Mixture {
            val scale = before.toDouble() / after
            return at(after, 0, before) { (it + 0.5) * scale }
        }

        /** The image's own pixels, of those of the input that show the image. */
        fun fromInput(extent: Extent): Mixture =
            at(extent.image, extent.first, extent.last) { (it + 0.5) * extent.scale + extent.start }

        /** At places that are counted from the axis's edge, of the values from [start] to [end]. */
        private inline fun at(count: Int, start: Int, end: Int, centre: (Int) -> Double): Mixture {
            val first = IntArray(count)
            val second = IntArray(count)
            val share = FloatArray(count)
            for (index in 0 until count) {
                val place = (centre(index) - 0.5).coerceIn(start.toDouble(), end - 1.0)
                first[index] = floor(place).toInt()
                second[index] = minOf(first[index] + 1, end - 1)
                share[index] = (place - first[index]).toFloat()
            }
            return Mixture(first, second, share)
        }
    }
}
