package org.lowformer.edge.core

import kotlin.math.exp

/** How probable the model says a class is; [index] counts classes from 0. */
data class Score(val index: Int, val probability: Float)

/**
 * The most probable classes, the best first; of equal ones, the first.
 *
 * The probabilities are the softmax of all logits, exp(l - max) / sum, in float64.
 *
 * @param logits of one image [K].
 * @param k how many classes, or all where there are fewer.
 * @throws EdgeException a logit is NaN or infinite.
 */
fun topK(logits: FloatArray, k: Int): List<Score> {
    require(k > 0 && logits.isNotEmpty()) { "there is no best of ${logits.size} classes, $k of them" }
    if (!logits.all { it.isFinite() }) {
        throw EdgeException("the model's outputs are NaN or infinite; choose another precision or runtime")
    }
    val largest = logits.maxOf { it.toDouble() }
    val powers = DoubleArray(logits.size) { exp(logits[it] - largest) }
    val sum = powers.sum()
    // Adding 0 makes -0 equal to 0, as it is everywhere but in a sort.
    return logits.indices.sortedByDescending { logits[it] + 0f }.take(k).map { Score(it, (powers[it] / sum).toFloat()) }
}
