package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

class RandomWalkTest {
    @ParameterizedTest
    @ValueSource(ints = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    fun whateverHappensTheScreenIsInOrder(seed: Int) {
        val world = World(seed)
        val seen = mutableSetOf<Message>()
        repeat(STEPS) { number ->
            world.step()
            check(world)
            seen += world.state.view.status.message
            if (number % REST == 0) rest(world)
        }
        assertTrue(seen.size > 10, "the walk saw only $seen")
    }

    private fun check(world: World) {
        val state = world.state
        assertTrue(world.runners in 0..1, "${world.runners} runners are open")
        assertTrue(world.cameras in 0..1, "${world.cameras} cameras are open")
        assertTrue(world.expectedRunners in 0..1, "${world.expectedRunners} runners are asked for at a time")
        assertTrue(world.expectedCameras in 0..1, "${world.expectedCameras} cameras are asked for at a time")
        assertEquals(state.wishes, world.kept)
        val view = state.view
        assertTrue(view.status.message in STATUSES)
        for (options in listOf(view.bundles, view.runtimes, view.precisions)) {
            assertTrue(options.count { it.isChosen } <= 1)
            assertEquals(options.size, options.distinctBy { it.id }.size)
            options.filter { it.isChosen }.forEach { assertNull(it.why, "${it.id} is chosen and cannot be") }
        }
        state.chosenKey?.let { key ->
            assertFalse(key.runtime in state.missing)
            assertTrue(state.offers.any { it.path == key.path && it.format == key.runtime.format })
        }
        if (view.scores.isNotEmpty()) {
            assertTrue(view.preview != Preview.NOTHING)
            assertEquals(state.chosenKey, (state.runner as RunnerState.Ready).key)
        }
    }

    /** Once everything is done, nothing is waited for; out of sight no camera is held, and after long nothing. */
    private fun rest(world: World) {
        world.finish()
        val status = world.state.view.status.message
        assertFalse(status in WAITING && status != Message.CAMERA_WAITING, "$status for ever")
        world.send(ScreenEvent.Stopped)
        world.finish()
        assertEquals(0, world.cameras)
        world.send(ScreenEvent.Released)
        world.finish()
        assertEquals(0, world.runners)
    }

    private companion object {
        const val STEPS = 6000
        const val REST = 500
    }
}
