package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

class LatencySummaryTest {
    @Test
    fun theOrderOfRunsDoesNotMatterAndStays() {
        val times = doubleArrayOf(5.0, 1.0, 4.0, 2.0, 3.0)
        val found = LatencySummary.of(times)
        assertEquals(LatencySummary(5, 3.0, 1.4, 4.6, 4.96), found)
        assertArrayEquals(doubleArrayOf(5.0, 1.0, 4.0, 2.0, 3.0), times)
    }

    @Test
    fun oneRunIsAllOfThem() = assertEquals(LatencySummary(1, 2.5, 2.5, 2.5, 2.5), LatencySummary.of(doubleArrayOf(2.5)))

    @Test
    fun noRunsHaveNoMedian() {
        assertThrows(IllegalArgumentException::class.java) { LatencySummary.of(DoubleArray(0)) }
    }
}
