package org.lowformer.edge

import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.ProgressBar
import android.widget.TextView
import org.lowformer.edge.screen.BENCH_COLUMNS
import org.lowformer.edge.screen.BenchAction
import org.lowformer.edge.screen.BenchEvent
import org.lowformer.edge.screen.BenchLine
import org.lowformer.edge.screen.BenchView
import org.lowformer.edge.screen.Wording

/**
 * The views of the benchmark screen.
 *
 * @property root holds them all.
 * @param send takes choices.
 * @param onAction does what a button says.
 */
internal class BenchViews(
    private val root: View,
    send: (BenchEvent) -> Unit,
    onAction: (BenchAction) -> Unit,
) {
    private val resources = root.resources
    private val status: TextView = root.part(R.id.bench_status)
    private val progress: ProgressBar = root.part(R.id.bench_progress)
    private val title: TextView = root.part(R.id.bench_title)
    private val table: ViewGroup = root.part(R.id.bench_table)
    private val failures: TextView = root.part(R.id.bench_failures)
    private val history = OptionList(root.part(R.id.bench_history), root.part(R.id.bench_history_heading)) {
        send(BenchEvent.TableWished(it))
    }
    private val plainColor = status.currentTextColor
    private val buttons: Map<BenchAction, Button> = BenchAction.entries.associateWith { action ->
        val button: Button = root.part(idOf(action))
        button.setOnClickListener { onAction(action) }
        button
    }

    fun show(view: BenchView) {
        say(status, resources.text(view.status))
        status.setTextColor(if (view.isProblem) root.context.getColor(R.color.problem) else plainColor)
        root.keepScreenOn = view.isRunning
        progress.max = view.total
        progress.progress = view.done
        show(progress, view.isRunning)
        say(title, view.title?.let(resources::text).orEmpty())
        showTable(view.lines)
        say(failures, view.failures.joinToString("\n", transform = resources::text))
        history.show(view.history)
        for ((action, button) in buttons) show(button, action in view.actions)
    }

    /** Rows stay the same as long as they can, so that whoever is on one with a screen reader stays there. */
    private fun showTable(lines: List<BenchLine>) {
        show(table, lines.isNotEmpty())
        if (lines.isEmpty()) return
        while (table.childCount <= lines.size) table.addView(row())
        fill(table.getChildAt(0), BENCH_COLUMNS.map { Wording.Known(it) }, null)
        for (index in 1 until table.childCount) {
            val line = lines.getOrNull(index - 1)
            val row = table.getChildAt(index)
            show(row, line != null)
            if (line != null) fill(row, line.cells, line.description)
        }
    }

    private fun row(): View {
        val inflater = LayoutInflater.from(root.context)
        val row = inflater.inflate(R.layout.bench_row, table, false) as ViewGroup
        repeat(BENCH_COLUMNS.size) { inflater.inflate(R.layout.bench_cell, row, true) }
        return row
    }

    private fun fill(row: View, cells: List<Wording>, description: Wording?) {
        for ((index, cell) in cells.withIndex()) {
            val view = (row as ViewGroup).getChildAt(index) as TextView
            val words = resources.text(cell)
            if (view.text.toString() != words) view.text = words
        }
        row.contentDescription = resources.text(description ?: Wording.Plain(cells.joinToString(transform = resources::text)))
    }

    private fun idOf(action: BenchAction): Int = when (action) {
        BenchAction.BEGIN -> R.id.bench_begin
        BenchAction.CANCEL -> R.id.bench_cancel
        BenchAction.SAVE -> R.id.bench_save
    }

    private companion object {
        fun show(view: View, isShown: Boolean) {
            val wanted = if (isShown) View.VISIBLE else View.GONE
            if (view.visibility != wanted) view.visibility = wanted
        }

        /** Text that stays the same is not set again, since screen readers would say it again. */
        fun say(view: TextView, words: String) {
            if (view.text.toString() != words) view.text = words
            show(view, words.isNotEmpty())
        }
    }
}
