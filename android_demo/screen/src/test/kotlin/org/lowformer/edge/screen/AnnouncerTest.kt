package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class AnnouncerTest {
    @Test
    fun saysWhatIsNewAndNotTooOften() {
        val announcer = Announcer(1000)
        assertTrue(announcer.isDue("boot", 5))
        assertFalse(announcer.isDue("boot", 5000), "nothing new")
        assertTrue(announcer.isDue("shirt", 5000))
        assertFalse(announcer.isDue("boot", 5999), "too soon")
        assertTrue(announcer.isDue("boot", 6000))
        assertTrue(announcer.isDue(null, 7000))
    }

    @Test
    fun whatIsNotThereAnyMoreIsSaidAgainAtOnce() {
        val announcer = Announcer(1000)
        assertTrue(announcer.isDue("boot", 5))
        announcer.forget()
        assertTrue(announcer.isDue("boot", 6))
    }

    @Test
    fun nothingIsSaidOfNothing() {
        assertFalse(Announcer(1000).isDue(null, 5))
    }
}
