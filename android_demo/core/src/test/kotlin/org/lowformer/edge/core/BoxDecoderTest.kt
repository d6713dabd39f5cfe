package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import kotlin.math.abs
import kotlin.math.exp

class BoxDecoderTest {
    /** A detector's outputs in Python's golden cases. */
    private class Case(json: JSONObject, layout: Layout) {
        val name: String = json.getString("name")
        val placement = DecodingCases.placement(json)
        val classes = json.getInt("num_classes")
        private val levels = json.getInt("levels")
        private val maps = json.getJSONObject("maps")
        val logits = maps("class_logits", layout)
        val deltas = maps("box_deltas", layout)
        val decoder = BoxDecoder(placement.input, classes, levels)
        val bound = if (deltas.all(::keepsSides)) 0f else BOUND
        private val sides = json.getJSONArray("boxes")
        private val scores = DecodingCases.floats(json.getJSONArray("scores"))
        val expected = DecodingCases.ints(json.getJSONArray("classes")).mapIndexed { index, number ->
            val (left, top, right, bottom) = DecodingCases.floats(sides.getJSONArray(index)).toList()
            Detection(number, scores[index], left, top, right, bottom)
        }

        private fun maps(name: String, layout: Layout) =
            List(levels) { DecodingCases.map(maps.getJSONObject("${name}_p${3 + it}"), layout) }

        private fun keepsSides(map: FeatureMap) =
            (0 until map.channels).all { it % 4 < 2 || (0 until map.places).all { place -> map.at(place, it) == 0f } }
    }

    private fun cases(layout: Layout) = DecodingCases.boxes.map { Case(it, layout) }

    private fun assertSame(case: Case, found: List<Detection>) {
        assertEquals(case.expected.map { it.index }, found.map { it.index }, case.name)
        for ((one, other) in case.expected.zip(found)) {
            assertEquals(one.score, other.score, case.name)
            assertTrue(distance(one, other) <= case.bound) { "${case.name}: $one, not $other" }
        }
    }

    private fun distance(one: Detection, other: Detection) =
        sides(one).zip(sides(other)).maxOf { (first, second) -> abs(first - second) }

    private fun sides(one: Detection) = listOf(one.left, one.top, one.right, one.bottom)

    @ParameterizedTest
    @EnumSource(Layout::class, names = ["NCHW", "NHWC"])
    fun objectsAreThoseOfPython(layout: Layout) {
        for (case in cases(layout)) {
            repeat(2) { assertSame(case, case.decoder.decode(case.logits, case.deltas, case.placement)) }
        }
    }

    @Test
    fun decodedBoxesGiveTheSame() {
        for (case in cases(Layout.NHWC)) {
            val scores = case.logits.flatMap { map -> map.values.map { (1 / (1 + exp(-it.toDouble()))).toFloat() } }
            val found = case.decoder.decodeBoxes(boxes(case), scores.toFloatArray(), case.placement)
            assertSame(case, found)
        }
    }

    /** The boxes of all anchors, by a formula of its own. */
    private fun boxes(case: Case): FloatArray {
        val boxes = ArrayList<Float>()
        val anchor = FloatArray(4)
        for ((level, map) in case.deltas.withIndex()) {
            val anchors = Anchors.of(case.placement.input, 3 + level)
            for (number in 0 until anchors.count) {
                anchors.write(number, anchor, 0)
                val (width, height) = anchor[2] - anchor[0] to anchor[3] - anchor[1]
                val (dx, dy, dw, dh) = map.values.slice(4 * number until 4 * number + 4)
                val x = (anchor[0] + anchor[2]) / 2 + dx * width
                val y = (anchor[1] + anchor[3]) / 2 + dy * height
                val (wide, high) = width * grown(dw) / 2 to height * grown(dh) / 2
                boxes.addAll(listOf(x - wide, y - high, x + wide, y + high))
            }
        }
        return boxes.toFloatArray()
    }

    private fun grown(delta: Float) = exp(delta.coerceIn(-4.1351666f, 4.1351666f).toDouble()).toFloat()

    @Test
    fun thereAreCases() {
        assertEquals(22, DecodingCases.boxes.size)
        assertTrue(cases(Layout.NCHW).sumOf { it.expected.size } > 300)
    }

    private val one = Placement(Extent(8, 0, 8, 8), Extent(8, 0, 8, 8))

    private fun map(channels: Int, value: Float) =
        FeatureMap(FloatArray(channels) { value }, channels, 1, 1, Layout.NCHW)

    @Test
    fun numbersThatAreNoneAreRefused() {
        val decoder = BoxDecoder(Size(8, 8), 1, 1)
        val good = listOf(map(9, 1f)) to listOf(map(36, 0f))
        assertEquals(1, decoder.decode(good.first, good.second, one).size)
        for (bad in listOf(Float.NaN, Float.POSITIVE_INFINITY)) {
            assertRefused("class_logits are NaN") { decoder.decode(listOf(map(9, bad)), good.second, one) }
            assertRefused("box_deltas are NaN") { decoder.decode(good.first, listOf(map(36, -bad)), one) }
            assertRefused("boxes are NaN") { decoder.decodeBoxes(FloatArray(36) { bad }, FloatArray(9), one) }
        }
        for (bad in listOf(-0.1f, 1.1f, Float.NaN)) {
            assertRefused("not in [0, 1]") { decoder.decodeBoxes(FloatArray(36), FloatArray(9) { bad }, one) }
        }
        assertEquals(0, decoder.decode(listOf(map(9, Float.NEGATIVE_INFINITY)), good.second, one).size)
    }

    @Test
    fun othersOutputsAreRefused() {
        val decoder = BoxDecoder(Size(8, 8), 1, 1)
        assertRefused("class_logits_p3 must be [9, 1, 1], not [18, 1, 1]") {
            decoder.decode(listOf(map(18, 1f)), listOf(map(36, 0f)), one)
        }
        assertRefused("there are 0 maps, not one for each of 1 levels") { decoder.decode(listOf(map(9, 1f)), emptyList(), one) }
        assertRefused("boxes must be [9, 4], and are 8 values") {
            decoder.decodeBoxes(FloatArray(8), FloatArray(9), one)
        }
        val other = Placement(Extent(16, 0, 16, 16), Extent(8, 0, 8, 8))
        assertRefused("none of a detector of 8 x 8") { decoder.decode(listOf(map(9, 1f)), listOf(map(36, 0f)), other) }
    }

    @Test
    fun settingsAreHeld() {
        val maps = listOf(map(9, 0f)) to listOf(map(36, 0f))
        fun found(settings: DecodingSettings) =
            BoxDecoder(Size(8, 8), 1, 1, settings).decode(maps.first, maps.second, one).size
        assertEquals(9, found(DecodingSettings(scoreThreshold = 0.0, mostIou = 1.0)))
        assertEquals(2, found(DecodingSettings(mostIou = 1.0, mostBoxes = 2)))
        assertEquals(4, found(DecodingSettings(mostIou = 1.0, mostPerLevel = 4)))
        assertEquals(0, found(DecodingSettings(scoreThreshold = 0.5)))
        assertThrows(IllegalArgumentException::class.java) { DecodingSettings(scoreThreshold = 1.0) }
        assertThrows(IllegalArgumentException::class.java) { DecodingSettings(mostBoxes = 0) }
    }

    @Test
    fun levelsAreCountedByTheirAnchors() {
        assertEquals(5, BoxDecoder.levelsOf(Size(64, 96), 1161))
        assertEquals(1, BoxDecoder.levelsOf(Size(8, 8), 9))
        assertEquals(null, BoxDecoder.levelsOf(Size(64, 96), 1160))
    }

    private companion object {
        /** In pixels. Boxes of the anchors' own sides are equal; others are scaled by numpy's `exp`, which rounds. */
        const val BOUND = 5e-5f
    }
}
