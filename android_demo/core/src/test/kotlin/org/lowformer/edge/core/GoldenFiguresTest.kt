package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource

class GoldenFiguresTest {
    @ParameterizedTest
    @MethodSource("latencies")
    fun percentilesAreThoseOfNumpy(expected: JSONObject) {
        val milliseconds = doubles(expected.getJSONArray("milliseconds"))
        val found = LatencySummary.of(milliseconds)
        assertEquals(milliseconds.size, found.runs)
        assertEquals(expected.getDouble("median"), found.medianMs)
        assertEquals(expected.getDouble("p10"), found.p10Ms)
        assertEquals(expected.getDouble("p90"), found.p90Ms)
        assertEquals(expected.getDouble("p99"), found.p99Ms)
    }

    @ParameterizedTest
    @MethodSource("parities")
    fun parityIsThatOfPython(expected: JSONObject) {
        val reference = doubles(expected.getJSONArray("reference"))
        val logits = doubles(expected.getJSONArray("logits"))
        val found = Closeness.of(floats(reference), floats(logits), "logits")
        val (classes, places) = expected.getInt("classes") to expected.getInt("places")
        if (expected.get("sqnr_db") == "exact") {
            assertNull(found.sqnrDb)
        } else {
            assertEquals(expected.getDouble("sqnr_db"), found.sqnrDb ?: Double.NaN, 1e-9)
        }
        assertEquals(expected.getDouble("cosine"), found.cosine, 1e-12)
        assertEquals(expected.getDouble("max_difference"), found.maxDifference)
        val same = agreement(floats(reference), floats(logits), classes, places)
        assertEquals(expected.getDouble("agreement"), same, 1e-12)
    }

    @Test
    fun thereAreFigures() {
        assertEquals(10, latencies().size)
        assertEquals(8, parities().size)
    }

    private companion object {
        private val document = JSONObject(Resource.text("figures.json"))

        @JvmStatic
        fun latencies(): List<JSONObject> = objects(document.getJSONArray("latencies"))

        @JvmStatic
        fun parities(): List<JSONObject> = objects(document.getJSONArray("parities"))

        fun objects(array: JSONArray) = (0 until array.length()).map { array.getJSONObject(it) }

        fun doubles(array: JSONArray) = DoubleArray(array.length()) { array.getDouble(it) }

        fun floats(values: DoubleArray) = FloatArray(values.size) { values[it].toFloat() }
    }
}
