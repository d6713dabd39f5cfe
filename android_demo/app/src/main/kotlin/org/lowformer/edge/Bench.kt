package org.lowformer.edge

import android.content.Context
import android.net.Uri
import android.os.Handler
import android.os.Looper
import android.os.Process
import android.os.SystemClock
import java.io.File
import java.util.Date
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.lab.Benchmark
import org.lowformer.edge.lab.BenchmarkEnd
import org.lowformer.edge.lab.Clock
import org.lowformer.edge.lab.KernelClocks
import org.lowformer.edge.lab.KernelMemory
import org.lowformer.edge.lab.Outcome
import org.lowformer.edge.lab.Surroundings
import org.lowformer.edge.runtime.Runtimes
import org.lowformer.edge.runtime.usualThreads
import org.lowformer.edge.screen.BenchEffect
import org.lowformer.edge.screen.BenchEvent
import org.lowformer.edge.screen.BenchState
import org.lowformer.edge.screen.BenchTable
import org.lowformer.edge.screen.BenchView
import org.lowformer.edge.screen.Failure
import org.lowformer.edge.screen.after
import org.lowformer.edge.screen.view

/** The activity, as far as [Bench] needs it. */
internal fun interface BenchScreen {
    fun show(view: BenchView)
}

/**
 * Does what the benchmark screen's state asks for. It outlives activities, so that a rotated screen shows what goes on.
 *
 * All is for the main thread.
 *
 * @param runtimes opens files, and compiles a GPU's programs anew each time, as lab mode does.
 * @param machine what the app knows of itself and of the phone.
 * @property demo has the bundles, and whatever waits there for somebody to come back.
 */
internal class Bench(
    context: Context,
    runtimes: Runtimes,
    machine: Map<String, String>,
    private val demo: Demo,
) {
    private val main = Handler(Looper.getMainLooper())
    private val worker = Worker("bench")
    private val reports = ReportStore(context)
    private val scratch = File(context.noBackupFilesDir, "bench")
    private val benchmark = Benchmark(
        runtimes,
        Surroundings(Clock { SystemClock.elapsedRealtimeNanos() }, PhonePower(context), KernelMemory(), KernelClocks()),
        machine,
        runtimes::load,
        Benchmark.Plan(usualThreads()),
    )
    private var state = BenchState("", "")
    private var screen: BenchScreen? = null

    @Volatile
    private var cancelled: String? = null

    /** Shows everything on a screen from now on. */
    fun attach(screen: BenchScreen) {
        this.screen = screen
        screen.show(state.view)
    }

    /** Shows nothing any more on a screen, if it is still the one. */
    fun detach(screen: BenchScreen) {
        if (this.screen === screen) this.screen = null
    }

    fun send(event: BenchEvent) {
        val step = state.after(event)
        state = step.state
        step.effects.forEach(::begin)
        screen?.show(state.view)
    }

    private fun tell(event: BenchEvent) {
        main.post { send(event) }
    }

    private fun begin(effect: BenchEffect) {
        when (effect) {
            is BenchEffect.List -> worker.begin { tell(BenchEvent.Listed(reports.list())) }
            is BenchEffect.Begin -> {
                cancelled = null
                demo.release()
                demo.lend(effect.bundle, { bundle -> worker.begin { measure(bundle) } }, { tell(BenchEvent.Failed(it)) })
            }
            is BenchEffect.Cancel -> cancelled = effect.reason
            is BenchEffect.Read -> worker.begin {
                // What cannot be read any more is no longer listed.
                tell(
                    failing({ BenchEvent.Listed(reports.list()) }) {
                        BenchEvent.TableRead(BenchTable(effect.saved, reports.read(effect.saved.id).rows()))
                    },
                )
            }
            is BenchEffect.Save -> worker.begin {
                tell(
                    failing({ BenchEvent.NotSaved(it) }) {
                        reports.save(effect.id, Uri.parse(effect.uri))
                        BenchEvent.Saved
                    },
                )
            }
        }
    }

    private fun measure(bundle: Bundle) {
        Process.setThreadPriority(Process.THREAD_PRIORITY_FOREGROUND)
        tell(failing({ BenchEvent.Failed(it) }) { measured(bundle) })
    }

    private fun measured(bundle: Bundle): BenchEvent {
        val end = benchmark.run(bundle, scratch, Date(), { cancelled }) { step, rows ->
            tell(BenchEvent.Progressed(step.done, step.total, step.what, rows))
        }
        return when (end) {
            is BenchmarkEnd.Done -> {
                val saved = reports.keep(end.report)
                BenchEvent.Finished(BenchTable(saved, end.report.rows()), reports.list())
            }
            is BenchmarkEnd.Broken ->
                if (end.outcome == Outcome.FAILED) {
                    BenchEvent.Failed(Failure(Failure.Kind.REFUSED, end.reason))
                } else {
                    BenchEvent.Ended(end.reason)
                }
        }
    }
}
