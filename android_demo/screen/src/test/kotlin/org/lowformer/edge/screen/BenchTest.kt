package org.lowformer.edge.screen

import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.lowformer.edge.core.BenchmarkRow

class BenchTest {
    private val idle = BenchState("included/demo", "demo", history = listOf(OLD))
    private val begun = idle.through(BenchEvent.BeginWished)
    private val running = begun.through(PROGRESS)
    private val done = running.through(BenchEvent.Finished(BenchTable(NEW, ROWS), listOf(NEW, OLD)))

    /** One state for each message. */
    private val states = listOf(
        idle,
        begun,
        running,
        running.through(BenchEvent.CancelWished("cancelled")),
        done,
        running.through(BenchEvent.Ended("the battery is low")),
        running.through(BenchEvent.Failed(refused())),
        running.through(BenchEvent.Failed(OUT_OF_MEMORY)),
        done.through(BenchEvent.Saved),
        done.through(BenchEvent.NotSaved(refused())),
    )

    @Test
    fun everyMessageCanBeReached() {
        val all = Message.entries.filter { it in Message.BENCH_IDLE..Message.BENCH_NOT_SAVED }
        assertEquals(all, states.map { it.view.status.message })
    }

    @Test
    fun theTableOfStatesIsTrue() {
        val expected = listOf("| state | kind | shown | can be done |", "|---|---|---|---|") + states.map { row(it.view) }
        val stated = checkNotNull(javaClass.getResource("/bench_states.md")) { "it is missing" }.readText()
        assertEquals(expected.joinToString("\n", postfix = "\n"), stated)
    }

    private fun row(view: BenchView): String {
        val kind = if (view.isProblem) "problem" else if (view.isRunning) "running" else ""
        val shown = listOfNotNull(
            "table".takeIf { view.lines.isNotEmpty() },
            "history".takeIf { view.history.any { it.why == null } },
        ).joinToString()
        val actions = view.actions.joinToString { it.name.lowercase() }
        return "| `${view.status.message}` | $kind | $shown | $actions |".replace("  ", " ")
    }

    @Test
    fun beginningBeginsOnce() {
        val step = idle.after(BenchEvent.BeginWished)
        assertEquals(listOf(BenchEffect.Begin("included/demo")), step.effects)
        assertEquals(BenchStep(step.state), step.state.after(BenchEvent.BeginWished))
    }

    @Test
    fun cancellingSaysWhy() {
        assertEquals(listOf(BenchEffect.Cancel("by a hand")), running.after(BenchEvent.CancelWished("by a hand")).effects)
        assertEquals(emptyList<BenchEffect>(), idle.after(BenchEvent.CancelWished("by a hand")).effects)
    }

    @Test
    fun whatIsKeptCanBeReadAndSaved() {
        assertEquals(listOf(BenchEffect.Read(OLD)), idle.after(BenchEvent.TableWished(OLD.id)).effects)
        assertEquals(emptyList<BenchEffect>(), idle.after(BenchEvent.TableWished("none")).effects)
        val read = idle.through(BenchEvent.TableRead(BenchTable(OLD, ROWS)))
        assertEquals(listOf(BenchEffect.Save(OLD.id, "content://there")), read.after(BenchEvent.SaveWished("content://there")).effects)
        assertEquals(listOf(true), read.view.history.map { it.isChosen })
    }

    @Test
    fun whatRunsIsNotDisturbed() {
        for (event in listOf(
            BenchEvent.TableWished(OLD.id),
            BenchEvent.SaveWished("content://there"),
            BenchEvent.TableRead(BenchTable(OLD, ROWS)),
            BenchEvent.Opened("included/other", "other"),
            BenchEvent.Saved,
            BenchEvent.NotSaved(refused()),
        )) {
            assertEquals(BenchStep(running), running.after(event), "$event")
        }
    }

    @Test
    fun anotherBundleBeginsAnew() {
        val other = done.through(BenchEvent.Opened("included/other", "other"))
        assertNull(other.table)
        assertEquals(listOf(NEW, OLD), other.history)
        assertEquals(BenchStep(done), done.after(BenchEvent.Opened("included/demo", "demo")))
        val first = BenchState("", "").after(BenchEvent.Opened("included/demo", "demo"))
        assertEquals(listOf(BenchEffect.List), first.effects)
    }

    @Test
    fun everyLineHasACellForEachColumn() {
        for (line in done.view.lines) assertEquals(BENCH_COLUMNS.size, line.cells.size)
    }

    @Test
    fun figuresAreSaidAndWhatIsUnknownIsCalledSo() {
        val (whole, refused, exact) = done.view.lines
        assertEquals(Message.CELL_MILLISECONDS.with(3.5), whole.cells[4])
        assertEquals(Message.CELL_DECIBELS.with(41.5), whole.cells[8])
        assertEquals(Message.CELL_THROTTLED.with(Message.CELL_CELSIUS.with(33.0)), whole.cells[7])
        assertEquals(Message.BENCH_SPOKEN, (whole.description as Wording.Known).message)
        assertTrue(refused.cells.drop(2).all { it == Message.CELL_UNKNOWN.with() })
        assertEquals(
            Wording.Known(
                Message.BENCH_SPOKEN_FAILED,
                listOf(Wording.Plain("a.tflite"), Message.ACCELERATOR_GPU.with(), Wording.Plain("refused")),
            ),
            refused.description,
        )
        assertEquals(Message.CELL_EXACT.with(), exact.cells[8])
        assertEquals(
            listOf(Message.BENCH_NOT_TIMED.with("a.tflite", Message.ACCELERATOR_GPU.with(), "refused")),
            done.view.failures,
        )
    }

    @Test
    fun whateverHappensThereIsAWayOn() {
        val random = Random(1)
        var state = BenchState("", "")
        repeat(20_000) {
            val running = state.isRunning
            val step = state.after(EVENTS.random(random))
            state = step.state
            val begins = step.effects.count { it is BenchEffect.Begin }
            assertTrue(begins == 0 || !running && state.isRunning)
            assertTrue(step.effects.none { it is BenchEffect.Save } || !state.isRunning)
            val view = state.view
            assertTrue(view.isRunning || state.bundle.isEmpty() || BenchAction.BEGIN in view.actions)
            assertTrue(!view.isRunning || BenchAction.SAVE !in view.actions)
        }
    }

    private fun BenchState.through(vararg events: BenchEvent): BenchState =
        events.fold(this) { state, event -> state.after(event).state }

    private companion object {
        val OLD = SavedBenchmark("1", "demo", "2026-11-28T12:00:00Z")
        val NEW = SavedBenchmark("2", "demo", "2026-11-29T12:00:00Z")
        val ROWS = listOf(
            BenchmarkRow("a.tflite", "cpu", null, 41.5, 100.0, 9.5, 4.5, 2.5, 3.5, 4.0, 33.0, true),
            BenchmarkRow("a.tflite", "gpu", "a.tflite: refused"),
            BenchmarkRow("b.pte", "gpu-fp16", parityDb = Double.POSITIVE_INFINITY),
        )
        val PROGRESS = BenchEvent.Progressed(2, 9, "a.tflite (cpu)", ROWS)
        val EVENTS = listOf(
            BenchEvent.Opened("included/demo", "demo"),
            BenchEvent.Opened("imported/mine", "mine"),
            BenchEvent.Listed(listOf(OLD)),
            BenchEvent.BeginWished,
            PROGRESS,
            BenchEvent.Finished(BenchTable(NEW, ROWS), listOf(NEW, OLD)),
            BenchEvent.CancelWished("cancelled"),
            BenchEvent.Ended("cancelled"),
            BenchEvent.Failed(refused()),
            BenchEvent.TableWished(OLD.id),
            BenchEvent.TableRead(BenchTable(OLD, ROWS)),
            BenchEvent.SaveWished("content://there"),
            BenchEvent.Saved,
            BenchEvent.NotSaved(refused()),
        )
    }
}
