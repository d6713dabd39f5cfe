package org.lowformer.edge.core

import kotlin.math.floor

/**
 * Durations of single inferences in milliseconds, as Python's `runtime/measure/durations.py` sums them up.
 *
 * @property runs timed runs, without the warm-up.
 */
data class LatencySummary(
    val runs: Int,
    val medianMs: Double,
    val p10Ms: Double,
    val p90Ms: Double,
    val p99Ms: Double,
) {
    companion object {
        /** @param milliseconds a duration per timed run, in any order; at least one. */
        fun of(milliseconds: DoubleArray): LatencySummary {
            require(milliseconds.isNotEmpty()) { "there are no durations" }
            val ordered = milliseconds.sortedArray()
            return LatencySummary(
                runs = ordered.size,
                medianMs = median(ordered),
                p10Ms = percentile(ordered, 10.0),
                p90Ms = percentile(ordered, 90.0),
                p99Ms = percentile(ordered, 99.0),
            )
        }

        private fun median(ordered: DoubleArray): Double {
            val middle = ordered.size / 2
            return if (ordered.size % 2 == 1) ordered[middle] else (ordered[middle - 1] + ordered[middle]) / 2
        }

        /** numpy's linear percentile (Hyndman and Fan 1996, type 7), with its order of operations. */
        private fun percentile(ordered: DoubleArray, percent: Double): Double {
            val place = (ordered.size - 1) * (percent / 100)
            val below = floor(place).toInt()
            val low = ordered[below]
            val high = ordered[minOf(below + 1, ordered.size - 1)]
            val share = place - below
            return if (share < 0.5) low + (high - low) * share else high - (high - low) * (1 - share)
        }
    }
}
