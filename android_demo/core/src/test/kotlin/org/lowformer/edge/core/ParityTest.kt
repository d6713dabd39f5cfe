package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class ParityTest {
    private fun of(reference: FloatArray, values: FloatArray) = Closeness.of(reference, values, "logits")

    @Test
    fun figuresByHand() {
        val found = of(floatArrayOf(3f, 4f, 0f, 0f), floatArrayOf(3f, 4f, 0.5f, 0f))
        assertEquals(20.0, found.sqnrDb ?: 0.0, 1e-12)
        assertEquals(25 / (5 * kotlin.math.sqrt(25.25)), found.cosine, 1e-15)
        assertEquals(0.5, found.maxDifference)
        assertEquals(50.0, agreement(floatArrayOf(1f, 0f, 1f, 0f), floatArrayOf(1f, 0f, 0f, 1f), 2, 1))
        // Two places of two classes, of which one differs.
        assertEquals(50.0, agreement(floatArrayOf(1f, 1f, 0f, 0f), floatArrayOf(1f, 0f, 0f, 1f), 2, 2))
    }

    @Test
    fun theFirstOfEqualsIsTheBest() {
        val reference = floatArrayOf(-0f, 0f, 1f)
        assertEquals(0.0, agreement(reference, floatArrayOf(2f, 2f, 2f), 3, 1))
        assertEquals(100.0, agreement(floatArrayOf(-0f, 0f, -1f), floatArrayOf(2f, 2f, 2f), 3, 1))
    }

    @Test
    fun theSameIsExact() {
        val logits = floatArrayOf(1f, -2f, 3f)
        val found = of(logits, logits.copyOf())
        assertNull(found.sqnrDb)
        assertEquals(1.0, found.cosine, 1e-15)
        assertEquals(0.0, found.maxDifference)
    }

    @Test
    fun aModelThatSaysNothingHasNoAngle() {
        val found = of(floatArrayOf(1f, 2f), floatArrayOf(0f, 0f))
        assertEquals(0.0, found.cosine)
        assertEquals(0.0, found.sqnrDb ?: 1.0, 1e-12)
    }

    @Test
    fun whatCannotBeComparedIsRefused() {
        val one = floatArrayOf(1f)
        assertRefused("values of logits cannot be compared") { of(FloatArray(0), FloatArray(0)) }
        assertRefused("cannot be compared") { of(one, floatArrayOf(1f, 2f)) }
        assertThrows(IllegalArgumentException::class.java) { agreement(FloatArray(3), FloatArray(3), 2, 1) }
        assertRefused("the eager model's logits are NaN") { of(floatArrayOf(Float.NaN), one) }
        assertRefused("the file's logits are NaN") { of(one, floatArrayOf(Float.POSITIVE_INFINITY)) }
        assertRefused("all zero") { of(floatArrayOf(0f), one) }
    }
}
