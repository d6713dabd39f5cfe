package org.lowformer.edge.screen

import org.lowformer.edge.core.LatencySummary

/**
 * How long recent images took, in milliseconds.
 *
 * @property preprocessing of each image: from its pixels, or from the camera's YUV, to the network's input.
 * @property model of each image: the runtime alone.
 * @property done when each was done.
 */
data class Timings(
    val preprocessing: List<Double> = emptyList(),
    val model: List<Double> = emptyList(),
    val done: List<Double> = emptyList(),
) {
    /** How many images. */
    val count: Int get() = model.size

    fun plus(preprocessingMs: Double, modelMs: Double, doneMs: Double): Timings = Timings(
        (preprocessing + preprocessingMs).takeLast(WINDOW),
        (model + modelMs).takeLast(WINDOW),
        (done + doneMs).takeLast(WINDOW),
    )

    /** Images a second; null before there are two. */
    fun rate(): Double? {
        val passed = if (done.size < 2) 0.0 else done.last() - done.first()
        return if (passed > 0) (done.size - 1) * MILLISECONDS_A_SECOND / passed else null
    }

    /** Median of [preprocessing]; there must be one image at least. */
    fun preprocessingMedian(): Double = LatencySummary.of(preprocessing.toDoubleArray()).medianMs

    /** Median of [model]; there must be one image at least. */
    fun modelMedian(): Double = LatencySummary.of(model.toDoubleArray()).medianMs

    companion object {
        /** About a second of camera frames. */
        const val WINDOW = 30
        private const val MILLISECONDS_A_SECOND = 1000
    }
}
