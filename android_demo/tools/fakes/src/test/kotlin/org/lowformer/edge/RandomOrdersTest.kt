package org.lowformer.edge

import java.io.File
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.lowformer.edge.fakes.Phone

class RandomOrdersTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun inWhateverOrderThingsHappenOneModelAndOneCameraAreOpenAtMost() {
        var runs = 0
        var opened = 0
        for (seed in 1L..ORDERS) {
            live(seed)
            runs += Phone.get().models.runs
            opened += Phone.get().cameras.opened
        }
        assertTrue(runs > ORDERS, "models ran $runs times only")
        assertTrue(opened > ORDERS, "cameras were opened $opened times only")
    }

    private fun live(seed: Long) {
        val disk = File(folder, "$seed")
        val life = Life(disk, seed)
        try {
            for (number in 1..STEPS) {
                life.step()
                if (number % REST == 0) life.rest()
            }
            life.end()
        } catch (error: Throwable) {
            throw AssertionError("seed $seed, after ${life.story.joinToString()}", error)
        }
        disk.deleteRecursively()
    }

    private companion object {
        const val ORDERS = 1000L
        const val STEPS = 45
        const val REST = 15
    }
}
