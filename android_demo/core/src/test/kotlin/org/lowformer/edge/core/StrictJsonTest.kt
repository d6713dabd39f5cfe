package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import java.util.Random

class StrictJsonTest {
    @Test
    fun everyKindOfValueIsRead() {
        val json = StrictJson.parse(
            """ {"text": "a\"\\\/\b\f\n\r\t\u00e9", "whole": -12, "real": 1.5e-3, "yes": true, "no": false,
                "none": null, "list": [1, [2, []], {}], "object": {"a": {"b": 0}}, "zero": 0, "": "nameless"} """,
        )
        assertEquals("a\"\\/\b\u000C\n\r\t\u00e9", json.getString("text"))
        assertEquals(-12, json.getInt("whole"))
        assertEquals(0.0015, json.getDouble("real"))
        assertEquals(3, json.getJSONArray("list").length())
        assertEquals(10, json.length())
    }

    @ParameterizedTest
    @ValueSource(
        strings = [
            "", " ", "{", "}", "{]", "{}}", "{} {}", "{},", "[]", "null", "\"a\"", "1", "{\"a\"}", "{\"a\":}",
            "{\"a\" 1}", "{a: 1}", "{'a': 1}", "{\"a\": 'b'}", "{\"a\": b}", "{\"a\": 1,}", "{,}",
            "{\"a\": 1 \"b\": 2}", "{\"a\": [1,]}", "{\"a\": [,1]}", "{\"a\": [1 2]}", "{\"a\": [1;2]}", "{\"a\"=1}",
            "{\"a\"=>1}", "{\"a\": 01}", "{\"a\": 0x1}", "{\"a\": +1}", "{\"a\": .5}", "{\"a\": 5.}", "{\"a\": 1e}",
            "{\"a\": --1}", "{\"a\": NaN}", "{\"a\": Infinity}", "{\"a\": True}", "{\"a\": nulL}", "{\"a\": tru",
            "{\"a\": \"b", "{\"a\": \"\\", "{\"a\": \"\\u00", "{\"a\": \"\\x\"}", "{\"a\": \"\\u00g0\"}",
            "{\"a\": \"\t\"}", "{\"a\": \"\n\"}", "/* a */ {}", "{} // a", "{# a\n}", ")]}'\n{}", "\uFEFF{}",
            "{\"a\": [1}]", "{\"a\": {1]}", "{\"a\":\u00a01}", "{\"a\": \u0661}",
        ],
    )
    fun nothingElseIs(text: String) {
        assertNotNull(refusal { StrictJson.parse(text) }) { "'$text' was read" }
    }

    @Test
    fun depthHasABound() {
        fun nested(depth: Int) = "{\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}"
        assertNull(refusal { StrictJson.parse(nested(StrictJson.DEEPEST - 1)) })
        assertRefused("nested more than") { StrictJson.parse(nested(StrictJson.DEEPEST)) }
        assertRefused("nested more than") { StrictJson.parse("{\"a\":".repeat(1_000_000)) }
        assertRefused("a value is none") { StrictJson.parse("{\"a\": " + "1".repeat(1_000_000) + "}") }
    }

    /** Whatever is cut off or changed: it is read, or refused with one line. */
    @Test
    fun damageIsRefusedOrHarmless() {
        val good = """{"name": "a", "list": [1, 2.5e3, null, true], "object": {"b": "\u0041\n"}}"""
        val random = Random(0)
        for (end in good.indices) assertNotNull(refusal { StrictJson.parse(good.substring(0, end)) })
        repeat(5000) {
            val text = StringBuilder(good)
            repeat(1 + random.nextInt(3)) { text.setCharAt(random.nextInt(text.length), random.nextInt(128).toChar()) }
            refusal { StrictJson.parse(text.toString()) }?.let { assertOneLine(it) }
        }
    }
}
