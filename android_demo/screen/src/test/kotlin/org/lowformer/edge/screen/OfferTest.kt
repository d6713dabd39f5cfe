package org.lowformer.edge.screen

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class OfferTest {
    @Test
    fun filesThatAreAlikeAreToldApartByTheirNames() {
        val other = FLOAT.copy(path = "demo-other.tflite")
        val offers = Offer.of(listOf(FLOAT, other, INTEGER, TORCH))
        val names = listOf("fp32 (demo-fp32.tflite)", "fp32 (demo-other.tflite)", "int8", "fp32")
        assertEquals(names, offers.map { it.precision })
    }
}
