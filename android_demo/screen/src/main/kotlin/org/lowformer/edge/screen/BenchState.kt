package org.lowformer.edge.screen

import org.lowformer.edge.core.BenchmarkRow

/**
 * A benchmark that was kept.
 *
 * @property id unique among all of them.
 * @property name of its bundle.
 * @property created when, in UTC.
 */
data class SavedBenchmark(val id: String, val name: String, val created: String)

/**
 * A benchmark as a table.
 *
 * @property saved where it is kept; null while it is being made.
 */
data class BenchTable(val saved: SavedBenchmark?, val rows: List<BenchmarkRow>)

/** What the benchmark screen does. */
sealed interface BenchWork {
    data object None : BenchWork

    /**
     * @property done of [total] requests.
     * @property what is measured now.
     * @property isEnding whether somebody has cancelled it.
     */
    data class Running(
        val done: Int = 0,
        val total: Int = 0,
        val what: String = "",
        val isEnding: Boolean = false,
    ) : BenchWork

    /** It is done, and kept. */
    data object Done : BenchWork

    /** @property reason what ended it before it was done. */
    data class Ended(val reason: String) : BenchWork

    data class Failed(val failure: Failure) : BenchWork

    data object Saved : BenchWork

    data class NotSaved(val failure: Failure) : BenchWork
}

/**
 * The benchmark screen.
 *
 * @property bundle id of the bundle to be measured.
 * @property name its name.
 * @property table what is shown; null where nothing is.
 * @property history what is kept, the newest first; null until it is known.
 */
data class BenchState(
    val bundle: String,
    val name: String,
    val work: BenchWork = BenchWork.None,
    val table: BenchTable? = null,
    val history: List<SavedBenchmark>? = null,
) {
    internal val isRunning: Boolean get() = work is BenchWork.Running
}
