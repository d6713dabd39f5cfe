package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.Random

class ScoreTest {
    @Test
    fun probabilitiesAreTheSoftmax() {
        val found = topK(floatArrayOf(0f, 1f, 2f), 3)
        assertEquals(listOf(2, 1, 0), found.map { it.index })
        assertEquals(0.66524094f, found[0].probability, 1e-7f)
        assertEquals(0.24472848f, found[1].probability, 1e-7f)
        assertEquals(0.09003057f, found[2].probability, 1e-7f)
    }

    @Test
    fun probabilitiesStayAsTheyAre() {
        val found = topK(floatArrayOf(0.25f, 0.75f, 0f), 2, areProbabilities = true)
        assertEquals(listOf(Score(1, 0.75f), Score(0, 0.25f)), found)
    }

    @Test
    fun theSoftmaxIsThatOfFloat64() {
        // numpy's, in float64.
        val expected = floatArrayOf(1.0305768e-09f, 0.5f, 0.5f)
        assertArrayEquals(expected, softmax(floatArrayOf(80f, 100f, 100f)))
    }

    @Test
    fun theFirstOfEqualsIsFirst() {
        assertEquals(listOf(1, 3, 4, 0, 2), topK(floatArrayOf(1f, 2f, 1f, 2f, 2f), 5).map { it.index })
        assertEquals(listOf(0, 1), topK(floatArrayOf(-0f, 0f), 2).map { it.index })
    }

    @Test
    fun farLogitsNeitherOverflowNorVanish() {
        val found = topK(floatArrayOf(3e38f, -3e38f, 3e38f), 5)
        assertEquals(listOf(0.5f, 0.5f, 0f), found.map { it.probability })
        assertEquals(1f, topK(floatArrayOf(-1e30f), 1).single().probability)
    }

    @Test
    fun theySumToOneAndFall() {
        val random = Random(0)
        repeat(50) {
            val logits = FloatArray(1 + random.nextInt(1000)) { (random.nextGaussian() * 10).toFloat() }
            val all = topK(logits, logits.size)
            assertEquals(1.0, all.sumOf { it.probability.toDouble() }, 1e-5)
            assertTrue(all.zipWithNext().all { (one, next) -> one.probability >= next.probability })
            assertEquals(all.take(5), topK(logits, 5))
        }
    }

    @Test
    fun whatIsNoNumberIsRefused() {
        for (bad in listOf(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)) {
            assertRefused("NaN or infinite") { topK(floatArrayOf(1f, bad), 1) }
        }
        assertThrows(IllegalArgumentException::class.java) { topK(FloatArray(0), 1) }
        assertThrows(IllegalArgumentException::class.java) { topK(floatArrayOf(1f), 0) }
    }
}
