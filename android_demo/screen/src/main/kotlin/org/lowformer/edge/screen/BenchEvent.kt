package org.lowformer.edge.screen

import org.lowformer.edge.core.BenchmarkRow

/** What people do on the benchmark screen, and news of what it began. */
sealed interface BenchEvent {
    /** @property bundle id of the bundle that was chosen when the screen was opened. */
    data class Opened(val bundle: String, val name: String) : BenchEvent

    data class Listed(val history: List<SavedBenchmark>) : BenchEvent

    data object BeginWished : BenchEvent

    data class Progressed(val done: Int, val total: Int, val what: String, val rows: List<BenchmarkRow>) : BenchEvent

    data class Finished(val table: BenchTable, val history: List<SavedBenchmark>) : BenchEvent

    /** @property reason why, in a line. */
    data class CancelWished(val reason: String) : BenchEvent

    data class Ended(val reason: String) : BenchEvent

    data class Failed(val failure: Failure) : BenchEvent

    data class TableWished(val id: String) : BenchEvent

    data class TableRead(val table: BenchTable) : BenchEvent

    /** @property uri where the shown table's report is to be saved. */
    data class SaveWished(val uri: String) : BenchEvent

    data object Saved : BenchEvent

    data class NotSaved(val failure: Failure) : BenchEvent
}

/** What the app must do now for the benchmark screen. Its news come as a [BenchEvent]. */
sealed interface BenchEffect {
    data object List : BenchEffect

    data class Begin(val bundle: String) : BenchEffect

    data class Cancel(val reason: String) : BenchEffect

    data class Read(val saved: SavedBenchmark) : BenchEffect

    data class Save(val id: String, val uri: String) : BenchEffect
}

/** The state after an event, with what must be done, in this order. */
data class BenchStep(val state: BenchState, val effects: List<BenchEffect> = emptyList())
