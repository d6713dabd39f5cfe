package org.lowformer.edge

import android.os.SystemClock
import java.util.concurrent.atomic.AtomicBoolean
import org.lowformer.edge.core.ImageRunner
import org.lowformer.edge.core.Manifest
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Resources
import org.lowformer.edge.core.RgbImage
import org.lowformer.edge.core.RunnerFactory
import org.lowformer.edge.core.Size
import org.lowformer.edge.runtime.usualThreads
import org.lowformer.edge.screen.Failure
import org.lowformer.edge.screen.ModelKey
import org.lowformer.edge.screen.ScreenEvent

/**
 * The one runner, on a thread of its own, where it is opened, run and closed.
 *
 * @property tell takes news, from any thread.
 */
internal class Inference(private val runtimes: RunnerFactory, private val tell: (ScreenEvent) -> Unit) {
    private val worker = Worker("inference")
    private val isTaken = AtomicBoolean()

    @Volatile
    private var open: Open? = null

    /**
     * Opens a runner; the one before must have been closed.
     *
     * It runs once before anybody waits for it: the first run is the slowest, since much is made when it is needed.
     */
    fun open(key: ModelKey, manifest: Manifest, model: ModelFile) = worker.begin {
        check(open == null) { "a runner is open already" }
        tell(
            failing({ ScreenEvent.RunnerFailed(key, it) }) {
                val threads = usualThreads()
                val (runner, firstMs) = Resources.opening { resources ->
                    val opened = resources.add(runtimes.open(model, key.runtime.accelerator, threads))
                    val runner = ImageRunner(manifest, opened)
                    val start = SystemClock.elapsedRealtimeNanos()
                    runner.run(ModelInput.zeros(model.input))
                    runner to millisecondsSince(start)
                }
                open = Open(key, runner)
                val description = runner.description
                val name = listOfNotNull(description.runtime, description.device).joinToString()
                ScreenEvent.RunnerOpened(key, name, threads.takeIf { description.half == null }, firstMs)
            },
        )
    }

    fun close() = worker.begin {
        val runner = open?.runner
        open = null
        failing({ }) { runner?.close() }
        tell(ScreenEvent.RunnerClosed)
    }

    fun classify(key: ModelKey, number: Int, image: RgbImage) = worker.begin { classify(key, number, image, 0.0) }

    /**
     * Takes a camera's frame, unless it still computes the one before: frames are dropped, and never wait.
     *
     * @param read makes the frame an upright image, now and on the caller's thread.
     */
    fun offer(read: () -> RgbImage) {
        val key = open?.key ?: return
        if (!isTaken.compareAndSet(false, true)) return
        val start = SystemClock.elapsedRealtimeNanos()
        val image = failing({ tellFailure(key, it) }, read)
        if (image == null) {
            isTaken.set(false)
            return
        }
        val readMs = millisecondsSince(start)
        worker.begin {
            classify(key, null, image, readMs)
            isTaken.set(false)
        }
    }

    private fun tellFailure(key: ModelKey, failure: Failure): RgbImage? {
        tell(ScreenEvent.RunFailed(key, failure))
        return null
    }

    private fun classify(key: ModelKey, number: Int?, image: RgbImage, readMs: Double) {
        val open = open
        if (open?.key != key) return
        tell(
            failing({ ScreenEvent.RunFailed(key, it) }) {
                val start = SystemClock.elapsedRealtimeNanos()
                val input = open.runner.input(image)
                val preprocessingMs = readMs + millisecondsSince(start)
                val middle = SystemClock.elapsedRealtimeNanos()
                val outputs = open.runner.run(input)
                val modelMs = millisecondsSince(middle)
                val findings = open.runner.read(outputs, Size(image.height, image.width))
                val doneMs = SystemClock.elapsedRealtimeNanos() / NANOSECONDS_A_MILLISECOND
                ScreenEvent.Classified(key, number, findings, preprocessingMs, modelMs, doneMs)
            },
        )
    }

    private fun millisecondsSince(start: Long): Double =
        (SystemClock.elapsedRealtimeNanos() - start) / NANOSECONDS_A_MILLISECOND

    private class Open(val key: ModelKey, val runner: ImageRunner)

    private companion object {
        const val NANOSECONDS_A_MILLISECOND = 1e6
    }
}
