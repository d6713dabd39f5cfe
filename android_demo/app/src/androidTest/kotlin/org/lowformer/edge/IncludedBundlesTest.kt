package org.lowformer.edge

import android.content.Context
import androidx.test.platform.app.InstrumentationRegistry
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.lowformer.edge.core.Accelerator
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.BundleModel
import org.lowformer.edge.core.Closeness
import org.lowformer.edge.core.GoldenVectors
import org.lowformer.edge.core.ModelInput
import org.lowformer.edge.runtime.RuntimeVersions
import org.lowformer.edge.runtime.Runtimes

/** The bundles in the app, on a phone: each is whole, and its files compute its golden vectors on the processor. */
class IncludedBundlesTest {
    private val context: Context = InstrumentationRegistry.getInstrumentation().targetContext
    private val store = BundleStore(context)
    private val runtimes = Runtimes(RuntimeVersions("of the app", "of the app"))

    @Test
    fun eachBundleOffersAFile() {
        assertTrue("the app has no bundle", included().isNotEmpty())
        for (id in included()) assertTrue(id, store.open(id).content.offers.isNotEmpty())
    }

    @Test
    fun eachFileComputesTheGoldenVectors() {
        for (bundle in included().map(::unpacked)) {
            for (model in bundle.models) check(bundle, model)
        }
    }

    private fun included(): List<String> = store.list().filter { !it.imported }.map { it.id }

    /** The bundle where the app unpacks it, with its golden vectors. */
    private fun unpacked(id: String): Bundle {
        store.open(id)
        val name = id.substringAfter('/')
        val folders = File(context.noBackupFilesDir, "included").listFiles().orEmpty()
        return Bundle.open(folders.single { it.name.substringBeforeLast('-') == name })
    }

    private fun check(bundle: Bundle, model: BundleModel) {
        val golden = bundle.golden()
        for ((output, values) in computed(bundle, model, golden)) {
            val reference = golden.reference(output) ?: continue
            val sqnr = Closeness.of(reference, values, output).sqnrDb ?: Double.POSITIVE_INFINITY
            assertTrue("${model.artifact.path}: $output: SQNR $sqnr dB", sqnr > LEAST_SQNR_DB)
        }
    }

    /** What a file computes of all golden images, by its outputs' names, channels first in maps. */
    private fun computed(bundle: Bundle, model: BundleModel, golden: GoldenVectors): Map<String, FloatArray> =
        runtimes.open(model.file, Accelerator.CPU, THREADS).use { runner ->
            val input = runner.model.input
            assertEquals("${model.artifact.path}: images at a time", 1, input.batch)
            val size = golden.pixels.size / golden.count
            val runs = (0 until golden.count).map { image ->
                val pixels = golden.pixels.copyOfRange(image * size, (image + 1) * size)
                runner.run(ModelInput.of(pixels, 1, input, bundle.manifest.preprocessing))
            }
            runner.model.outputs.withIndex().associate { (number, output) ->
                val planes = runs.map { output.planesOfImage(it[number], 0).asList() }
                output.name to planes.flatten().toFloatArray()
            }
        }

    private companion object {
        const val THREADS = 2

        /** What INT8 files of the bundled models keep; the others keep more than 100 dB. */
        const val LEAST_SQNR_DB = 20.0
    }
}
