package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class WishesTest {
    @Test
    fun wishesAreReadAsTheyWereWritten() {
        for (runtime in RuntimeChoice.entries + null) {
            for (facing in Facing.entries) {
                val wishes = Wishes("imported/a", runtime, "int8", Source.PHOTO, facing)
                assertEquals(wishes, Wishes.of(wishes.toMap()))
            }
        }
        assertEquals(Wishes(), Wishes.of(Wishes().toMap()))
    }

    @Test
    fun whatIsNotKnownIsLeftOut() {
        val texts = mapOf("bundle" to 7, "runtime" to "ABACUS", "source" to "DREAM", "facing" to null, "more" to "x")
        assertEquals(Wishes(), Wishes.of(texts))
    }
}
