package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class ColoursTest {
    @Test
    fun coloursAreThoseOfPython() {
        val expected = JSONObject(Resource.text("figures.json")).getJSONArray("colours")
        assertEquals(256, expected.length())
        for (number in 0 until expected.length()) {
            val (colour, ink) = DecodingCases.ints(expected.getJSONArray(number))
            assertEquals(colour, colourOf(number))
            assertEquals(ink, inkOn(colour))
        }
    }
}
