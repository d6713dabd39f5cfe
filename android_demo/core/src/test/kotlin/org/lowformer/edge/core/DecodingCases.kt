package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** Cases of decoding with what Python makes of them; their format is told in `tests/data/decoding/README.md`. */
internal object DecodingCases {
    /** Gradle runs the tests in the module's folder. */
    private val folder = File(System.getProperty("lowformer.decoding") ?: "../../tests/data/decoding")

    private val values = ByteBuffer.wrap(File(folder, "values.bin").readBytes()).order(ByteOrder.LITTLE_ENDIAN)

    val boxes: List<JSONObject> = objects("boxes.json")

    val labels: List<JSONObject> = objects("labels.json")

    private fun objects(name: String): List<JSONObject> {
        val cases = JSONArray(File(folder, name).readText())
        return (0 until cases.length()).map { cases.getJSONObject(it) }
    }

    fun placement(case: JSONObject) =
        Placement(extent(case.getJSONObject("rows")), extent(case.getJSONObject("columns")))

    private fun extent(json: JSONObject) =
        Extent(json.getInt("input"), json.getInt("start"), json.getInt("resized"), json.getInt("image"))

    fun map(json: JSONObject, layout: Layout): FeatureMap {
        val (channels, height, width) = ints(json.getJSONArray("shape"))
        val found = FloatArray(channels * height * width)
        if (json.has("fill")) {
            found.fill(json.getDouble("fill").toFloat())
            val own = floats(json.getJSONArray("values"))
            ints(json.getJSONArray("places")).forEachIndexed { index, place -> found[place] = own[index] }
        } else {
            val start = json.getInt("start")
            for (index in found.indices) found[index] = values.getFloat(Float.SIZE_BYTES * (start + index))
        }
        val map = FeatureMap(found, channels, height, width, Layout.NCHW)
        return if (layout == Layout.NCHW) map else FeatureMap(map.byPlace(), channels, height, width, Layout.NHWC)
    }

    fun ints(array: JSONArray) = List(array.length()) { array.getInt(it) }

    fun floats(array: JSONArray) = FloatArray(array.length()) { array.getDouble(it).toFloat() }
}
