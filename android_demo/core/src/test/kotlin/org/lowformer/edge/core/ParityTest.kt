package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class ParityTest {
    @Test
    fun figuresByHand() {
        val found = Parity.of(floatArrayOf(3f, 4f, 0f, 0f), floatArrayOf(3f, 4f, 0.5f, 0f), 2)
        assertEquals(2, found.images)
        assertEquals(20.0, found.sqnrDb ?: 0.0, 1e-12)
        assertEquals(25 / (5 * kotlin.math.sqrt(25.25)), found.cosine, 1e-15)
        assertEquals(0.5, found.maxDifference)
        assertEquals(100.0, found.agreement)
        assertEquals(50.0, Parity.of(floatArrayOf(1f, 0f, 1f, 0f), floatArrayOf(1f, 0f, 0f, 1f), 2).agreement)
    }

    @Test
    fun theFirstOfEqualsIsTheBest() {
        val reference = floatArrayOf(-0f, 0f, 1f)
        assertEquals(0.0, Parity.of(reference, floatArrayOf(2f, 2f, 2f), 3).agreement)
        assertEquals(100.0, Parity.of(floatArrayOf(-0f, 0f, -1f), floatArrayOf(2f, 2f, 2f), 3).agreement)
    }

    @Test
    fun theSameIsExact() {
        val logits = floatArrayOf(1f, -2f, 3f)
        val found = Parity.of(logits, logits.copyOf(), 3)
        assertNull(found.sqnrDb)
        assertEquals(1.0, found.cosine, 1e-15)
        assertEquals(0.0, found.maxDifference)
    }

    @Test
    fun aModelThatSaysNothingHasNoAngle() {
        val found = Parity.of(floatArrayOf(1f, 2f), floatArrayOf(0f, 0f), 2)
        assertEquals(0.0, found.cosine)
        assertEquals(0.0, found.sqnrDb ?: 1.0, 1e-12)
    }

    @Test
    fun whatCannotBeComparedIsRefused() {
        val one = floatArrayOf(1f)
        assertRefused("cannot be compared") { Parity.of(FloatArray(0), FloatArray(0), 1) }
        assertRefused("cannot be compared") { Parity.of(one, floatArrayOf(1f, 2f), 1) }
        assertRefused("cannot be compared") { Parity.of(one, one, 0) }
        assertRefused("cannot be compared") { Parity.of(FloatArray(3), FloatArray(3), 2) }
        assertRefused("the eager model's logits are NaN") { Parity.of(floatArrayOf(Float.NaN), one, 1) }
        assertRefused("the file's logits are NaN") { Parity.of(one, floatArrayOf(Float.POSITIVE_INFINITY), 1) }
        assertRefused("all zero") { Parity.of(floatArrayOf(0f), one, 1) }
    }
}
