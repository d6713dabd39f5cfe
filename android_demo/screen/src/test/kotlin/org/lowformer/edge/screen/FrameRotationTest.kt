package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class FrameRotationTest {
    @Test
    fun framesOfAPhonesUsualCamerasInAllFourOrientations() {
        val displays = listOf(0, 90, 180, 270)
        assertEquals(listOf(90, 0, 270, 180), displays.map { frameRotation(90, it, Facing.BACK) })
        assertEquals(listOf(270, 0, 90, 180), displays.map { frameRotation(270, it, Facing.FRONT) })
    }
}
