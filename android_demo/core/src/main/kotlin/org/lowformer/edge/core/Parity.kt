package org.lowformer.edge.core

import kotlin.math.abs
import kotlin.math.log10
import kotlin.math.sqrt

/**
 * How closely an output follows a reference's, as Python's `tasks/closeness.py` tells it.
 *
 * @property sqnrDb 10 log10 of the reference's power over the difference's, over all values; null where both are
 *   the same, which Python calls exact.
 * @property cosine of the angle between all values of both; 0 where one has no length.
 * @property maxDifference largest absolute difference of a value.
 */
data class Closeness(val sqnrDb: Double?, val cosine: Double, val maxDifference: Double) {
    companion object {
        /**
         * Compares an output's values with the reference's, in float64.
         *
         * @param name of the output.
         * @throws EdgeException the sizes differ, there is no value, one is not finite, or the reference is zero
         *   throughout.
         */
        fun of(reference: FloatArray, values: FloatArray, name: String): Closeness {
            if (reference.isEmpty() || reference.size != values.size) {
                throw EdgeException("${reference.size} and ${values.size} values of $name cannot be compared")
            }
            checkFinite(reference, "the eager model's $name")
            checkFinite(values, "the file's $name")
            var signal = 0.0
            var noise = 0.0
            var product = 0.0
            var power = 0.0
            var largest = 0f
            for (index in reference.indices) {
                val expected = reference[index].toDouble()
                val found = values[index].toDouble()
                signal += expected * expected
                power += found * found
                product += expected * found
                noise += (expected - found) * (expected - found)
                largest = maxOf(largest, abs(reference[index] - values[index]))
            }
            if (signal == 0.0 && noise > 0) throw EdgeException("the eager model's $name are all zero")
            val norms = sqrt(signal) * sqrt(power)
            return Closeness(
                sqnrDb = if (noise == 0.0) null else 10 * log10(signal / noise),
                cosine = if (norms > 0) product / norms else 0.0,
                maxDifference = largest.toDouble(),
            )
        }

        private fun checkFinite(values: FloatArray, whose: String) {
            if (!values.all { it.isFinite() }) {
                throw EdgeException("$whose are NaN or infinite; a weight is too large for the precision")
            }
        }
    }
}

/**
 * The share of places with the same best class, in percent; of equal classes the first is the best.
 *
 * @param reference values [images, classes, places].
 * @param values likewise.
 * @param places of an image: 1 of a classifier.
 */
fun agreement(reference: FloatArray, values: FloatArray, classes: Int, places: Int): Double {
    require(reference.isNotEmpty() && reference.size == values.size && reference.size % (classes * places) == 0) {
        "${reference.size} and ${values.size} values of $classes classes at $places places cannot be compared"
    }
    val total = reference.size / classes
    val same = (0 until total).count { best(reference, it, classes, places) == best(values, it, classes, places) }
    return 100.0 * same / total
}

/** The first of the largest values at a place, which is counted through all images. */
private fun best(values: FloatArray, number: Int, classes: Int, places: Int): Int {
    val start = number / places * classes * places + number % places
    var best = 0
    for (index in 1 until classes) {
        if (values[start + index * places] > values[start + best * places]) best = index
    }
    return best
}
