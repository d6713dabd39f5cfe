package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource

class LabelMapTest {
    private fun decoder(logits: FeatureMap, placement: Placement) = LabelDecoder(placement.input, logits.channels)

    private fun expected(case: JSONObject, way: String) =
        ByteArray(case.getJSONArray(way).length()) { case.getJSONArray(way).getInt(it).toByte() }

    @ParameterizedTest
    @EnumSource(Layout::class, names = ["NCHW", "NHWC"])
    fun labelsAreThoseOfPython(layout: Layout) {
        for (case in DecodingCases.labels) {
            val logits = DecodingCases.map(case.getJSONObject("logits"), layout)
            val placement = DecodingCases.placement(case)
            val decoder = decoder(logits, placement)
            for ((way, found) in listOf("interpolated" to decoder::interpolated, "nearest" to decoder::nearest)) {
                val map = found(logits, placement)
                assertEquals(placement.image, map.size)
                assertArrayEquals(expected(case, way), map.labels, "${case.getString("name")}, $way")
            }
        }
        assertEquals(18, DecodingCases.labels.size)
    }

    @Test
    fun regionsAreFromTheLargest() {
        val labels = byteArrayOf(3, 3, 0, 1, -1, -1, -1, 1)
        assertEquals(listOf(Region(1, 0.25), Region(3, 0.25), Region(0, 0.125)), LabelMap(Size(2, 4), labels).regions())
        assertEquals(255, LabelMap(Size(2, 4), labels).at(4))
    }

    @Test
    fun whatIsNoneIsRefused() {
        val placement = Placement(Extent(8, 0, 8, 8), Extent(8, 0, 8, 8))
        val decoder = LabelDecoder(Size(8, 8), 2)
        fun logits(side: Int, value: Float, classes: Int = 2) =
            FeatureMap(FloatArray(classes * side * side) { value }, classes, side, side, Layout.NCHW)
        assertEquals(64, decoder.interpolated(logits(8, 0f), placement).labels.size)
        assertRefused("must be 2 x 2 x 2, or of its size, not 2 x 3 x 3") {
            decoder.interpolated(logits(3, 0f), placement)
        }
        assertRefused("must be 2 x") { decoder.nearest(logits(2, 0f, classes = 3), placement) }
        for (bad in listOf(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)) {
            assertRefused("NaN or infinite") { decoder.interpolated(logits(2, bad), placement) }
            assertRefused("NaN or infinite") { decoder.nearest(logits(2, bad), placement) }
        }
        assertThrows(IllegalArgumentException::class.java) { LabelDecoder(Size(8, 8), 256) }
    }
}
