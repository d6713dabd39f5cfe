package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class GoldenVectorsTest {
    @TempDir
    lateinit var folder: File

    private val file get() = File(folder, "golden.npz")

    private fun npy(shape: String, descr: String): ByteArray {
        val sides = shape.split(',').map { it.trim() }.filter { it.isNotEmpty() }.map { it.toInt() }
        val size = sides.fold(if (descr == "<f4") 4 else 1, Int::times)
        return NumpyFile.npy(NumpyFile.header(descr, shape), ByteArray(size))
    }

    @Test
    fun whatPythonSavesIsRead() {
        NumpyFile.golden(file, 3, 5, 7)
        val found = GoldenVectors.read(file, "logits")
        assertEquals(listOf(3, 5, 5, 7), listOf(found.count, found.height, found.width, found.classes))
        assertEquals(0.25f * 20, found.logits[20])
        assertEquals(224.toByte(), found.pixels[224])
    }

    @Test
    fun theOutputIsFoundByItsName() {
        val arrays = mapOf("pixels.npy" to npy("2, 4, 4, 3", "|u1"), "odds.npy" to npy("2, 5", "<f4"))
        NumpyFile.npz(file, arrays)
        assertEquals(5, GoldenVectors.read(file, "odds").classes)
        assertRefused("no array 'logits'") { GoldenVectors.read(file, "logits") }
    }

    @Test
    fun probabilitiesAreTheSoftmaxOfEachImage() {
        NumpyFile.golden(file, 3, 5, 7)
        val found = GoldenVectors.read(file, "logits")
        for (image in 0 until 3) {
            val own = found.logits.copyOfRange(image * 7, image * 7 + 7)
            assertArrayEquals(softmax(own), found.probabilities().copyOfRange(image * 7, image * 7 + 7))
        }
    }

    @Test
    fun otherShapesAreRefused() {
        val good = "2, 4, 4, 3" to "2, 5"
        val bad = listOf(
            "2, 4, 4" to "2, 5", "2, 4, 4, 4" to "2, 5", "3, 4, 4, 3" to "2, 5", "2, 4, 4, 3" to "2,",
            "2, 4, 4, 3" to "2, 5, 1", "0, 4, 4, 3" to "0, 5", "2, 0, 0, 3" to "2, 5", "2, 4, 4, 3" to "2, 0", "" to "",
        )
        for ((pixels, logits) in bad + good) {
            NumpyFile.npz(file, mapOf("pixels.npy" to npy(pixels, "|u1"), "logits.npy" to npy(logits, "<f4")))
            val message = refusal { GoldenVectors.read(file, "logits") }
            assertEquals(pixels to logits != good, message != null && "unexpected shapes" in message)
        }
    }

    @Test
    fun otherTypesAndMissingArraysAreRefused() {
        NumpyFile.npz(file, mapOf("pixels.npy" to npy("2, 4, 4, 3", "<f4"), "logits.npy" to npy("2, 5", "<f4")))
        assertRefused("not |u1") { GoldenVectors.read(file, "logits") }
        NumpyFile.npz(file, mapOf("pixels.npy" to npy("2, 4, 4, 3", "|u1")))
        assertRefused("no array 'logits'") { GoldenVectors.read(file, "logits") }
    }
}
