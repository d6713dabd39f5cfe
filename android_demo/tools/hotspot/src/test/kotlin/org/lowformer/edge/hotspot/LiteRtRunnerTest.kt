package org.lowformer.edge.hotspot

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Runner
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes
import java.io.File
import kotlin.concurrent.thread

/** The app's runner with LiteRT's C library, of files of the demo bundle. */
class LiteRtRunnerTest {
    private val bundle = Bundle.open(File(System.getProperty("lowformer.bundles")))

    private fun file(precision: String): ModelFile =
        bundle.models.single { it.artifact.path == "demo-$precision.tflite" }.file

    private fun open(model: ModelFile, threads: Int = 1): Runner =
        Runtimes(RuntimeVersions("2.3.0", "none")).open(model, Accelerator.CPU, threads)

    private fun ones(model: ModelFile): ModelInput = ModelInput.Reals(FloatArray(model.input.size) { 1f })

    private fun refusal(action: () -> Unit): String =
        assertThrows(EdgeException::class.java) { action() }.message.orEmpty()

    @Test
    fun whatIsClosedRunsNoMore() {
        val model = file("int8")
        val runner = open(model)
        runner.run(ones(model))
        runner.close()
        runner.close()
        val message = refusal { runner.run(ones(model)) }
        assertEquals("demo-int8.tflite: LiteRT fails to run it (The handle has been destroyed.)", message)
    }

    @Test
    fun oneIsClosedAndTheOtherRunsOn() {
        val model = file("fp32")
        open(model).use { kept ->
            val before = kept.run(ones(model)).single()
            open(file("int8")).close()
            assertArrayEquals(before, kept.run(ones(model)).single())
        }
    }

    @Test
    fun anInputOfAnotherSizeIsABug() {
        val model = file("fp32")
        open(model).use { runner ->
            val shorter = ModelInput.Reals(FloatArray(model.input.size - 1))
            assertThrows(IllegalArgumentException::class.java) { runner.run(shorter) }
        }
    }

    @Test
    fun aManifestOfAnotherInputIsRefused() {
        val model = file("fp32")
        val smaller = model.copy(input = model.input.copy(shape = listOf(1, 48, 48, 3)))
        assertEquals(
            "demo-fp32.tflite: takes in 27648 values, not 6912 as stated; export the bundle again",
            refusal { open(smaller).close() },
        )
    }

    @Test
    fun aManifestOfAnotherOutputIsRefused() {
        val model = file("int8")
        val more = model.copy(outputs = model.outputs.map { it.copy(shape = listOf(1, 11)) })
        assertEquals(
            "demo-int8.tflite: puts out 10 values, not 11 as stated; export the bundle again",
            refusal { open(more).close() },
        )
    }

    @Test
    fun xnnpackHasTheThreadsThatWereAskedFor() {
        for (count in listOf(1, 3)) assertEquals(count, threadsOf(count))
    }

    /** Threads of a thread that opened a file and of those that it has begun, which have its name. */
    private fun threadsOf(count: Int): Int {
        val name = "opens-$count"
        var found = 0
        thread(name = name) {
            open(file("fp32"), count).use {
                val tasks = File("/proc/self/task").listFiles().orEmpty()
                found = tasks.count { File(it, "comm").readText().trim() == name }
            }
        }.join()
        return found
    }
}
