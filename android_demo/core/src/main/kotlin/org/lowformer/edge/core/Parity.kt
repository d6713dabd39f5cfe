package org.lowformer.edge.core

import kotlin.math.abs
import kotlin.math.log10
import kotlin.math.sqrt

/**
 * How closely logits follow a reference's, as Python's `judging/parity.py` tells it.
 *
 * @property images how many were compared.
 * @property sqnrDb 10 log10 of the reference's power over the difference's, over all logits; null where both are
 *   the same, which Python calls exact.
 * @property cosine of the angle between all logits of both; 0 where one has no length.
 * @property maxDifference largest absolute difference of a logit.
 * @property agreement share of images with the same top-1, in percent.
 */
data class Parity(
    val images: Int,
    val sqnrDb: Double?,
    val cosine: Double,
    val maxDifference: Double,
    val agreement: Double,
) {
    companion object {
        /**
         * Compares logits [N, [classes]] with the reference's, in float64.
         *
         * @throws EdgeException the sizes differ, there is no image, a logit is not finite, or the reference is
         *   zero throughout.
         */
        fun of(reference: FloatArray, logits: FloatArray, classes: Int): Parity {
            if (classes < 1 || reference.isEmpty() || reference.size != logits.size || reference.size % classes != 0) {
                throw EdgeException("${reference.size} and ${logits.size} logits of $classes cannot be compared")
            }
            checkFinite(reference, "the eager model's")
            checkFinite(logits, "the file's")
            var signal = 0.0
            var noise = 0.0
            var product = 0.0
            var power = 0.0
            var largest = 0f
            for (index in reference.indices) {
                val expected = reference[index].toDouble()
                val found = logits[index].toDouble()
                signal += expected * expected
                power += found * found
                product += expected * found
                noise += (expected - found) * (expected - found)
                largest = maxOf(largest, abs(reference[index] - logits[index]))
            }
            if (signal == 0.0 && noise > 0) throw EdgeException("the eager model's logits are all zero")
            val norms = sqrt(signal) * sqrt(power)
            val images = reference.size / classes
            val same = (0 until images).count { best(reference, it, classes) == best(logits, it, classes) }
            return Parity(
                images = images,
                sqnrDb = if (noise == 0.0) null else 10 * log10(signal / noise),
                cosine = if (norms > 0) product / norms else 0.0,
                maxDifference = largest.toDouble(),
                agreement = 100.0 * same / images,
            )
        }

        /** The first of an image's largest logits. */
        private fun best(logits: FloatArray, image: Int, classes: Int): Int {
            val start = image * classes
            var best = start
            for (index in start until start + classes) {
                if (logits[index] > logits[best]) best = index
            }
            return best - start
        }

        private fun checkFinite(logits: FloatArray, whose: String) {
            if (!logits.all { it.isFinite() }) {
                throw EdgeException("$whose logits are NaN or infinite; a weight is too large for the precision")
            }
        }
    }
}
