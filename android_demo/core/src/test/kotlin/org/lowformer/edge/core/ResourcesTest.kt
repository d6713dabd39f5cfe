package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.io.IOException

class ResourcesTest {
    private val closed = ArrayList<String>()

    private fun resource(name: String, failure: Exception? = null) = AutoCloseable {
        closed.add(name)
        failure?.let { throw it }
    }

    @Test
    fun closesTheLastFirstAndOnlyOnce() {
        val resources = Resources()
        resources.add(resource("environment"))
        resources.add(resource("model"))
        resources.add(resource("buffer"))
        resources.close()
        resources.close()
        assertEquals(listOf("buffer", "model", "environment"), closed)
    }

    @Test
    fun closesTheOthersWhereOneFailsAndTellsOfAllFailures() {
        val resources = Resources()
        val first = IOException("first")
        val second = IllegalStateException("second")
        resources.add(resource("a", second))
        resources.add(resource("b"))
        resources.add(resource("c", first))
        assertSame(first, assertThrows(IOException::class.java) { resources.close() })
        assertEquals(listOf(second), first.suppressed.toList())
        assertEquals(listOf("c", "b", "a"), closed)
    }

    @Test
    fun anOwnerThatCannotBeMadeLeavesNothingOpen() {
        val failure = EdgeException("no model")
        val other = IOException("no buffer")
        val thrown = assertThrows(EdgeException::class.java) {
            Resources.opening { resources ->
                resources.add(resource("environment"))
                resources.add(resource("model", other))
                throw failure
            }
        }
        assertSame(failure, thrown)
        assertEquals(listOf(other), thrown.suppressed.toList())
        assertEquals(listOf("model", "environment"), closed)
    }

    @Test
    fun anOwnerHasItsResourcesOpen() {
        val owned = Resources.opening { resources -> resources.also { it.add(resource("model")) } }
        assertEquals(emptyList<String>(), closed)
        owned.close()
        assertEquals(listOf("model"), closed)
    }
}
