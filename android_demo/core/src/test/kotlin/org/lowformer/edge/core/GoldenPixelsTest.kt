package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import kotlin.math.abs

/** An image as a camera stored it, and what Python makes of it. */
class PixelCase(private val json: JSONObject, val stored: RgbImage, val expected: ByteArray) {
    val preprocessing = Preprocessing.parse(json.getJSONObject("preprocessing"))
    val orientation = json.getInt("orientation")

    fun expectedAt(layout: String): Map<Int, Float> {
        val places = json.getJSONArray("places")
        val values = json.getJSONArray(layout)
        return (0 until places.length()).associate { places.getInt(it) to values.getDouble(it).toFloat() }
    }

    override fun toString(): String = json.getString("name")
}

class GoldenPixelsTest {
    @ParameterizedTest
    @MethodSource("cases")
    fun pixelsAreThoseOfPython(case: PixelCase) {
        val found = case.preprocessing.pixels(case.stored.upright(case.orientation))
        assertEquals(case.preprocessing.size, Size(found.height, found.width))
        val difference = found.pixels.indices.maxOf {
            abs((found.pixels[it].toInt() and 0xFF) - (case.expected[it].toInt() and 0xFF))
        }
        assertEquals(0, difference)
    }

    @ParameterizedTest
    @MethodSource("cases")
    fun normalisedValuesAreThoseOfPython(case: PixelCase) {
        for ((name, layout) in listOf("nchw" to Layout.NCHW, "nhwc" to Layout.NHWC)) {
            val found = case.preprocessing.normalise(case.expected, 1, layout)
            for ((place, value) in case.expectedAt(name)) assertEquals(value, found[place], "$name at $place")
        }
    }

    @Test
    fun thereAreEnoughImagesOfEveryKind() {
        val all = cases()
        assertTrue(all.size >= 24)
        assertEquals(Interpolation.entries.toSet(), all.map { it.preprocessing.interpolation }.toSet())
        assertEquals((1..8).toSet(), all.map { it.orientation }.toSet())
        assertTrue(all.count { it.stored.width % 2 == 1 && it.stored.height % 2 == 1 } >= 8)
        assertTrue(all.any { maxOf(it.stored.width, it.stored.height) < it.preprocessing.size.height })
        assertTrue(all.count { it.preprocessing.resizeMode != ResizeMode.CROP } >= 40)
        for (mode in ResizeMode.entries) {
            val own = all.filter { it.preprocessing.resizeMode == mode }
            assertEquals(Interpolation.entries.toSet(), own.map { it.preprocessing.interpolation }.toSet())
            assertTrue(own.any { it.preprocessing.size.height > it.preprocessing.size.width })
            assertTrue(own.any { it.preprocessing.size.height < it.preprocessing.size.width })
        }
        val boxed = all.filter { it.preprocessing.resizeMode == ResizeMode.LETTERBOX }
        assertEquals(PaddingPlace.entries.toSet(), boxed.map { it.preprocessing.paddingPlace }.toSet())
        assertTrue(boxed.map { it.preprocessing.padding }.toSet().size >= 5)
    }

    private companion object {
        @JvmStatic
        fun cases(): List<PixelCase> {
            val index = JSONArray(Resource.text("pixels.json"))
            val bytes = Resource.unzipped("pixels.bin.gz")
            var at = 0
            fun next(size: Int) = bytes.copyOfRange(at, at + size).also { at += size }
            val found = (0 until index.length()).map {
                val json = index.getJSONObject(it)
                val width = json.getInt("width")
                val height = json.getInt("height")
                val stored = RgbImage(width, height, next(3 * width * height))
                val stated = json.getJSONObject("preprocessing")
                PixelCase(json, stored, next(3 * stated.getInt("height") * stated.getInt("width")))
            }
            check(at == bytes.size) { "the index and the pixels do not fit" }
            return found
        }
    }
}
