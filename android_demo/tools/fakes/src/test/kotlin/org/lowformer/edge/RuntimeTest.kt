package org.lowformer.edge

import java.io.File
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.Format
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.core.Runner
import org.lowformer.edge.fakes.Models
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/** What the app asks of runtimes, and makes of what they say. */
class RuntimeTest {
    @TempDir
    lateinit var disk: File

    private lateinit var hand: Hand
    private val models get() = hand.phone.models
    private val versions = RuntimeVersions("2.3.0", "1.5.1")

    @BeforeEach
    fun takesAPhone() {
        hand = Hand(disk)
    }

    @AfterEach
    fun nothingForbiddenWasDone() = assertEquals(emptyList<String>(), hand.phone.violations)

    private fun file(path: String, bundle: SmallBundle = SmallBundle()): ModelFile {
        val folder = bundle.write(File(disk, "bundle"))
        return Bundle.open(folder).models.single { it.artifact.path == path }.file
    }

    private fun open(file: ModelFile, unit: Accelerator = Accelerator.CPU, threads: Int = 2): Runner =
        Runtimes(versions, File(disk, "cache")).open(file, unit, threads)

    private fun refusal(action: () -> Unit): String =
        assertThrows(EdgeException::class.java) { action() }.message.orEmpty()

    @Test
    fun theProcessorHasTheThreadsThatWereAskedFor() {
        open(file(TFLITE), threads = 3).close()
        assertTrue(models.options.single().startsWith("CPU 3 threads, weights "), models.options.single())
    }

    @Test
    fun theGpuIsAskedForAlone() {
        hand.opened()
        hand.choose(R.id.runtimes, "GPU in half")
        assertTrue(models.options.last().startsWith("GPU FP16 "), models.options.last())
        assertTrue("LiteRT 2.3.0, Test GPU" in hand.text(R.id.runtime_in_use), hand.text(R.id.runtime_in_use))
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
        // It is closed where it was opened, or else it is told below.
        hand.choose(R.id.runtimes, "ExecuTorch")
        assertEquals("small-fp32.pte", models.opened.last())
    }

    @Test
    fun whatTheGpuCompiledIsKeptByFileAndPrecision() {
        val file = file(TFLITE)
        open(file, Accelerator.GPU).close()
        open(file, Accelerator.GPU_FP16).close()
        open(file(INT8), Accelerator.GPU).close()
        val keys = models.options.map { it.substringAfter("programs ") }
        assertEquals(3, keys.distinct().size)
        assertTrue(keys[0].endsWith("-gpu") && keys[1].endsWith("-gpu-fp16"), "$keys")
        assertTrue(File(disk, "cache").isDirectory)
    }

    @Test
    fun labModeCompilesAndPacksAnewEachTime() {
        Runtimes(versions).open(file(TFLITE), Accelerator.GPU, 1).close()
        Runtimes(versions).open(file(TFLITE), Accelerator.CPU, 1).close()
        assertEquals(listOf("GPU FP32 anew", "CPU 1 threads, weights anew"), models.options)
    }

    @Test
    fun oneEnvironmentServesTheProcess() {
        open(file(TFLITE)).close()
        open(file(INT8)).close()
        assertEquals(1, Models.environments)
    }

    @Test
    fun aGpuThatIsThereAndCannotBeUsedIsNotBlamedForItsOps() {
        models.refused[TFLITE] = "status 504"
        assertEquals(
            "small-fp32.tflite: the GPU cannot run it (status 504); choose the cpu",
            refusal { open(file(TFLITE), Accelerator.GPU) },
        )
    }

    @Test
    fun opsThatTheGpuRefusesAreTold() {
        models.refused[TFLITE] = "3 ops not accelerated"
        val told = refusal { open(file(TFLITE), Accelerator.GPU) }
        assertEquals("small-fp32.tflite: the GPU does not take all of it (3 ops not accelerated); its log names the ops; choose the cpu", told)
    }

    @Test
    fun aPhoneWithoutAGpuIsTold() {
        models.refused[TFLITE] = "status 504"
        models.hasGpu = false
        assertTrue("LiteRT finds no GPU" in refusal { open(file(TFLITE), Accelerator.GPU) })
    }

    @Test
    fun whereLiteRtDoesNotTellItsUnitsTheReasonIsTold() {
        models.refused[TFLITE] = "status 504"
        models.hasGpu = null
        assertTrue("the GPU cannot run it (status 504)" in refusal { open(file(TFLITE), Accelerator.GPU) })
    }

    @Test
    fun theProcessorsRefusalIsTold() {
        models.refused[TFLITE] = "   "
        assertEquals("small-fp32.tflite: LiteRT cannot load it (LiteRtException); export it again", refusal { open(file(TFLITE)) })
        models.refused[TORCH] = "bad\n program"
        assertEquals("small-fp32.pte: ExecuTorch cannot load it (bad program); export it again", refusal { open(file(TORCH)) })
    }

    @Test
    fun aFileOfOtherSizesIsRefusedAndClosed() {
        val file = file(TFLITE)
        val smaller = file.copy(input = file.input.copy(shape = listOf(1, 2, 2, 3)))
        assertTrue("takes in 48 values, not 12 as stated" in refusal { open(smaller) })
        val more = file.copy(outputs = file.outputs + file.outputs)
        assertTrue("has 1 inputs and 1 outputs" in refusal { open(more) })
        assertEquals(0, models.open)
    }

    @Test
    fun aProgramOfOtherOutputsIsRefused() {
        val file = file(TORCH)
        open(file.copy(outputs = file.outputs + file.outputs)).use { runner ->
            assertTrue("puts out 1 tensors, not 2" in refusal { runner.run(ModelInput.zeros(file.input)) })
        }
        val wider = file.copy(outputs = file.outputs.map { it.copy(shape = listOf(1, 6)) })
        open(wider).use { runner ->
            assertTrue("puts out [1, 5], not [1, 6]" in refusal { runner.run(ModelInput.zeros(file.input)) })
        }
    }

    @Test
    fun aProgramForAnotherBackendIsRefusedAndClosed() {
        models.backends = arrayOf("XnnpackBackend", "QnnBackend")
        val told = refusal { open(file(TORCH)) }
        assertTrue(told.startsWith("small-fp32.pte: needs QnnBackend"), told)
        assertEquals(0, models.open)
    }

    @Test
    fun aFailedRunIsTold() {
        for (path in listOf(TFLITE, TORCH)) {
            open(file(path)).use { runner ->
                models.failure = "out of luck"
                val told = refusal { runner.run(ModelInput.zeros(runner.model.input)) }
                assertTrue(told.endsWith("fails to run it (out of luck)"), told)
            }
        }
    }

    @Test
    fun integersAndPixelsGoIn() {
        for (path in listOf(TFLITE, TORCH)) {
            for (type in listOf("int8", "uint8")) {
                val file = file(path, SmallBundle(type = type))
                open(file).use { assertEquals(5f, it.run(ModelInput.zeros(file.input)).single()[1]) }
            }
        }
    }

    @Test
    fun anInputOfAnotherSizeIsABug() {
        for (path in listOf(TFLITE, TORCH)) {
            open(file(path)).use { runner ->
                assertThrows(IllegalArgumentException::class.java) { runner.run(ModelInput.Reals(FloatArray(7))) }
            }
        }
    }

    @Test
    fun whatNoRuntimeDoesIsRefused() {
        assertTrue("ExecuTorch has no gpu in this app" in refusal { open(file(TORCH), Accelerator.GPU) })
        assertTrue("0 threads cannot compute" in refusal { open(file(TFLITE), threads = 0) })
    }

    @Test
    fun aLibraryThatIsMissingIsToldOfTheRuntime() {
        models.missing = UnsatisfiedLinkError("dlopen failed")
        hand.opened()
        assertTrue("is missing; choose another runtime" in hand.status, hand.status)
        assertTrue("no LiteRT for this processor" in refusal { open(file(TFLITE)) })
    }

    @Test
    fun bothRuntimesAreInThisBuild() {
        hand.create()
        val runtimes = Runtimes(versions)
        for (format in Format.entries) {
            runtimes.load(format)
            assertEquals(format.accelerators, runtimes.accelerators(format))
        }
    }

    @Test
    fun aModelThatFailsOnAnImageIsClosedAndTold() {
        hand.live()
        models.failure = "out of luck"
        hand.shoot()
        assertTrue("fails to run it (out of luck)" in hand.status, hand.status)
        assertEquals(0, models.open)
        hand.press(R.id.try_again)
        hand.shoot()
        assertEquals("class 1, 97\u00A0%", hand.text(R.id.best))
    }

    private companion object {
        const val TFLITE = "small-fp32.tflite"
        const val INT8 = "small-int8.tflite"
        const val TORCH = "small-fp32.pte"
    }
}
