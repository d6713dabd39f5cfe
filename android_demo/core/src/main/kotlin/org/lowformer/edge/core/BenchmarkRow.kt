package org.lowformer.edge.core

/**
 * What a benchmark found out of a file on an accelerator; null is what is not known, or not yet.
 *
 * @property failure why it was not timed.
 * @property parityDb of the output that is farthest from the golden one; infinite where all are exact.
 * @property agreement share of the same classes, in percent.
 * @property peakMb memory that opening and running it needed on top.
 * @property celsius the battery's temperature after it was measured last.
 * @property throttled whether the phone slowed down meanwhile.
 */
data class BenchmarkRow(
    val path: String,
    val accelerator: String,
    val failure: String? = null,
    val parityDb: Double? = null,
    val agreement: Double? = null,
    val loadMs: Double? = null,
    val firstMs: Double? = null,
    val peakMb: Double? = null,
    val medianMs: Double? = null,
    val p90Ms: Double? = null,
    val celsius: Double? = null,
    val throttled: Boolean? = null,
)
