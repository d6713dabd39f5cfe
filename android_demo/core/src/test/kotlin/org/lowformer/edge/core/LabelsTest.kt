package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class LabelsTest {
    @Test
    fun namesAreReadAsInPython() {
        val texts = listOf(
            "a\nb", "a\nb\n", "a\r\nb\r\n", "a\rb", " a \n\tb\n\n  \n", "\uFEFFa\nb\n", "a\u2028b", "a\u0085b\u0085",
            "a\u000bb\u000c",
        )
        for (text in texts) assertEquals(listOf("a", "b"), parseLabels(text, "labels.txt"))
        assertEquals(listOf("caf\u00e9, au lait", "\u732b"), parseLabels("caf\u00e9, au lait\n\u732b\n", "labels.txt"))
    }

    @Test
    fun gapsAndNothingAreRefused() {
        assertRefused("line 2 is empty") { parseLabels("a\n\nb\n", "labels.txt") }
        assertRefused("line 1 is empty") { parseLabels("\nb\n", "labels.txt") }
        for (text in listOf("", "\n", " \r\n\t", "\uFEFF")) {
            assertRefused("no class name") { parseLabels(text, "labels.txt") }
        }
    }
}
