package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class GoldenVectorsTest {
    @TempDir
    lateinit var folder: File

    private val file get() = File(folder, "golden.npz")

    private fun logits(classes: Int) = listOf(Output("logits", listOf(classes), "K"))

    private fun npy(shape: String, descr: String): ByteArray {
        val sides = shape.split(',').map { it.trim() }.filter { it.isNotEmpty() }.map { it.toInt() }
        val size = sides.fold(if (descr == "<f4") 4 else 1, Int::times)
        return NumpyFile.npy(NumpyFile.header(descr, shape), ByteArray(size))
    }

    @Test
    fun whatPythonSavesIsRead() {
        NumpyFile.golden(file, 3, 5, 7)
        val found = GoldenVectors.read(file, logits(7))
        assertEquals(listOf(3, 5, 5), listOf(found.count, found.height, found.width))
        assertEquals(0.25f * 20, found.reference("logits")?.get(20))
        assertEquals(224.toByte(), found.pixels[224])
    }

    @Test
    fun theOutputIsFoundByItsName() {
        val arrays = mapOf("pixels.npy" to npy("2, 4, 4, 3", "|u1"), "odds.npy" to npy("2, 5", "<f4"))
        NumpyFile.npz(file, arrays)
        assertEquals(10, GoldenVectors.read(file, listOf(Output("odds", listOf(5), "K"))).outputs["odds"]?.size)
        assertRefused("no array 'logits'") { GoldenVectors.read(file, logits(5)) }
    }

    @Test
    fun probabilitiesAreTheSoftmaxOfEachImage() {
        NumpyFile.golden(file, 3, 5, 7)
        val found = GoldenVectors.read(file, logits(7))
        val (values, shares) = listOf("logits", "probabilities").map { checkNotNull(found.reference(it)) }
        for (image in 0 until 3) {
            val own = values.copyOfRange(image * 7, image * 7 + 7)
            assertArrayEquals(softmax(own), shares.copyOfRange(image * 7, image * 7 + 7))
        }
    }

    @Test
    fun severalMapsAreRead() {
        val (first, second) = npy("2, 5, 2, 1", "<f4") to npy("2, 3", "<f4")
        NumpyFile.npz(file, mapOf("pixels.npy" to npy("2, 4, 4, 3", "|u1"), "a.npy" to first, "b.npy" to second))
        val outputs = listOf(Output("b", listOf(3), "K"), Output("a", listOf(5, 2, 1), "CHW"))
        val found = GoldenVectors.read(file, outputs)
        assertEquals(listOf("b" to 6, "a" to 20), found.outputs.map { it.key to it.value.size })
        assertNull(found.reference("boxes"))
        assertRefused("its 'a' have the shape [2, 5, 2, 1], not [2, 5, 1, 2]; export again") {
            GoldenVectors.read(file, listOf(Output("a", listOf(5, 1, 2), "CHW")))
        }
    }

    @Test
    fun otherShapesAreRefused() {
        val good = "2, 4, 4, 3" to "2, 5"
        val bad = listOf(
            "2, 4, 4" to "2, 5", "2, 4, 4, 4" to "2, 5", "3, 4, 4, 3" to "2, 5", "2, 4, 4, 3" to "2,",
            "2, 4, 4, 3" to "2, 5, 1", "0, 4, 4, 3" to "0, 5", "2, 0, 0, 3" to "2, 5", "2, 4, 4, 3" to "2, 6", "" to "",
        )
        for ((pixels, logits) in bad + good) {
            NumpyFile.npz(file, mapOf("pixels.npy" to npy(pixels, "|u1"), "logits.npy" to npy(logits, "<f4")))
            val message = refusal { GoldenVectors.read(file, logits(5)) }
            assertEquals(pixels to logits != good, message != null && "shape" in message)
        }
    }

    @Test
    fun otherTypesAndMissingArraysAreRefused() {
        NumpyFile.npz(file, mapOf("pixels.npy" to npy("2, 4, 4, 3", "<f4"), "logits.npy" to npy("2, 5", "<f4")))
        assertRefused("not |u1") { GoldenVectors.read(file, logits(5)) }
        NumpyFile.npz(file, mapOf("pixels.npy" to npy("2, 4, 4, 3", "|u1")))
        assertRefused("no array 'logits'") { GoldenVectors.read(file, logits(5)) }
    }
}
