package org.lowformer.edge.screen

import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.BenchmarkRow

/** What a person can do on the benchmark screen, besides looking at what is kept. */
enum class BenchAction {
    BEGIN,
    CANCEL,
    SAVE,
}

/**
 * A line of the table.
 *
 * @property cells file, accelerator and figures, in the order of [BENCH_COLUMNS].
 * @property description all of it in words.
 */
data class BenchLine(val cells: List<Wording>, val description: Wording)

/**
 * All that the benchmark screen shows.
 *
 * @property done of [total] requests; both are 0 where nothing is measured.
 * @property lines of the table; empty where there is none.
 * @property failures why files were not timed, a line each.
 * @property history what is kept, to choose from.
 */
data class BenchView(
    val status: Wording.Known,
    val isProblem: Boolean,
    val isRunning: Boolean,
    val done: Int,
    val total: Int,
    val title: Wording?,
    val lines: List<BenchLine>,
    val failures: List<Wording>,
    val history: List<Option>,
    val actions: Set<BenchAction>,
)

/** What the table's columns are called. */
val BENCH_COLUMNS: List<Message> = listOf(
    Message.COLUMN_FILE,
    Message.COLUMN_ACCELERATOR,
    Message.COLUMN_LOAD,
    Message.COLUMN_FIRST,
    Message.COLUMN_MEDIAN,
    Message.COLUMN_P90,
    Message.COLUMN_MEMORY,
    Message.COLUMN_TEMPERATURE,
    Message.COLUMN_PARITY,
    Message.COLUMN_AGREEMENT,
)

/** What the benchmark screen shows in a state. */
val BenchState.view: BenchView
    get() {
        val running = work as? BenchWork.Running
        val rows = table?.rows.orEmpty()
        return BenchView(
            status = status,
            isProblem = work is BenchWork.Ended || work is BenchWork.Failed || work is BenchWork.NotSaved,
            isRunning = running != null,
            done = running?.done ?: 0,
            total = running?.total ?: 0,
            title = title,
            lines = rows.map(::lineOf),
            failures = rows.mapNotNull { row ->
                reasonOf(row)?.let { Message.BENCH_NOT_TIMED.with(row.path, acceleratorOf(row), it) }
            },
            history = history.orEmpty().map { saved ->
                val why = Message.BENCH_WAIT.with().takeIf { running != null }
                Option(saved.id, titleOf(saved), why, saved == table?.saved)
            },
            actions = setOfNotNull(
                BenchAction.BEGIN.takeIf { running == null && bundle.isNotEmpty() },
                BenchAction.CANCEL.takeIf { running?.isEnding == false },
                BenchAction.SAVE.takeIf { running == null && table?.saved != null },
            ),
        )
    }

private val BenchState.status: Wording.Known
    get() = when (val work = work) {
        is BenchWork.None -> Message.BENCH_IDLE.with(name)
        is BenchWork.Running -> when {
            work.isEnding -> Message.BENCH_ENDING.with()
            work.total == 0 -> Message.BENCH_OPENING.with(name)
            else -> Message.BENCH_RUNNING.with(work.done, work.total, work.what)
        }
        is BenchWork.Done -> Message.BENCH_DONE.with()
        is BenchWork.Ended -> Message.BENCH_ENDED.with(work.reason)
        is BenchWork.Failed -> when (work.failure.kind) {
            Failure.Kind.OUT_OF_MEMORY -> Message.BENCH_OUT_OF_MEMORY.with()
            else -> Message.BENCH_FAILED.with(work.failure.detail)
        }
        is BenchWork.Saved -> Message.BENCH_SAVED.with()
        is BenchWork.NotSaved -> Message.BENCH_NOT_SAVED.with(work.failure.detail)
    }

private val BenchState.title: Wording?
    get() = table?.let { shown -> shown.saved?.let(::titleOf) ?: Wording.Plain(name) }

private fun titleOf(saved: SavedBenchmark): Wording = Message.BENCH_TITLE.with(saved.name, saved.created)

private fun lineOf(row: BenchmarkRow): BenchLine {
    val figures = listOf(
        milliseconds(row.loadMs),
        milliseconds(row.firstMs),
        milliseconds(row.medianMs),
        milliseconds(row.p90Ms),
        row.peakMb?.let { Message.CELL_MEGABYTES.with(it) } ?: UNKNOWN,
        temperature(row),
        parity(row),
        row.agreement?.let { Message.CELL_PERCENT.with(it) } ?: UNKNOWN,
    )
    val cells = listOf(Wording.Plain(row.path), acceleratorOf(row)) + figures
    val spoken = if (row.failure == null) Message.BENCH_SPOKEN else Message.BENCH_SPOKEN_FAILED
    val words = if (row.failure == null) cells else cells.take(2) + Wording.Plain(reasonOf(row).orEmpty())
    return BenchLine(cells, Wording.Known(spoken, words))
}

/** Runners begin with the file's name, which stands before it here. */
private fun reasonOf(row: BenchmarkRow): String? = row.failure?.removePrefix("${row.path}: ")

private fun acceleratorOf(row: BenchmarkRow): Wording = when (row.accelerator) {
    Accelerator.CPU.id -> Message.ACCELERATOR_CPU.with()
    Accelerator.GPU.id -> Message.ACCELERATOR_GPU.with()
    Accelerator.GPU_FP16.id -> Message.ACCELERATOR_GPU_FP16.with()
    else -> Wording.Plain(row.accelerator)
}

private fun milliseconds(value: Double?): Wording = value?.let { Message.CELL_MILLISECONDS.with(it) } ?: UNKNOWN

private fun temperature(row: BenchmarkRow): Wording {
    val celsius = row.celsius?.let { Message.CELL_CELSIUS.with(it) } ?: UNKNOWN
    return if (row.throttled == true) Message.CELL_THROTTLED.with(celsius) else celsius
}

private fun parity(row: BenchmarkRow): Wording = when (val decibels = row.parityDb) {
    null -> UNKNOWN
    Double.POSITIVE_INFINITY -> Message.CELL_EXACT.with()
    else -> Message.CELL_DECIBELS.with(decibels)
}

private val UNKNOWN: Wording = Message.CELL_UNKNOWN.with()
