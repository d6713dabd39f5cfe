package org.lowformer.edge.core

import kotlin.math.exp

/** How probable the model says a class is; [index] counts classes from 0. */
data class Score(val index: Int, val probability: Float)

/** The softmax of an image's logits, exp(l - max) / sum, in float64. */
fun softmax(logits: FloatArray): FloatArray {
    val largest = logits.maxOf { it.toDouble() }
    val powers = DoubleArray(logits.size) { exp(logits[it] - largest) }
    val sum = powers.sum()
    return FloatArray(logits.size) { (powers[it] / sum).toFloat() }
}

/**
 * The most probable classes, the best first; of equal ones, the first.
 *
 * @param values of one image [K]: logits, of which the probabilities are the softmax, or the probabilities.
 * @param k how many classes, or all where there are fewer.
 * @throws EdgeException a value is NaN or infinite.
 */
fun topK(values: FloatArray, k: Int, areProbabilities: Boolean = false): List<Score> {
    require(k > 0 && values.isNotEmpty()) { "there is no best of ${values.size} classes, $k of them" }
    if (!values.all { it.isFinite() }) {
        throw EdgeException("the model's outputs are NaN or infinite; choose another precision or runtime")
    }
    val probabilities = if (areProbabilities) values else softmax(values)
    // Adding 0 makes -0 equal to 0, as it is everywhere but in a sort.
    return values.indices.sortedByDescending { values[it] + 0f }.take(k).map { Score(it, probabilities[it]) }
}
