package org.lowformer.edge.core

import org.json.JSONObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class FieldsTest {
    private val fields = Fields(
        JSONObject(
            """{"text": "1", "whole": 1, "long": 5000000000, "real": 1.5, "flag": true, "none": null, "list": [1, 2],
                "reals": [1, 2.5], "texts": ["a"], "mixed": [1, "a"], "open": [1, null],
                "object": {"a": 1}, "objects": [{"a": 1}, {}]}""",
        ),
        "here",
    )

    @Test
    fun valuesAreRead() {
        assertEquals("1", fields.text("text"))
        assertEquals(1, fields.int("whole"))
        assertEquals(1L, fields.long("whole"))
        assertEquals(5_000_000_000L, fields.long("long"))
        assertEquals(1.5, fields.real("real"))
        assertEquals(1.0, fields.real("whole"))
        assertTrue(fields.flag("flag"))
        assertEquals(listOf(1, 2), fields.ints("list"))
        assertEquals(listOf(1, null), fields.intsOrNulls("open"))
        assertEquals(listOf(1.0, 2.5), fields.reals("reals"))
        assertEquals(listOf("a"), fields.texts("texts"))
        assertEquals("here.object", fields.fields("object").place)
        assertEquals(listOf("here.objects.0", "here.objects.1"), fields.records("objects").map { it.place })
        assertNull(fields.fieldsOrNull("none"))
        assertNull(fields.fieldsOrNull("absent"))
        assertNull(fields.textOrNull("none"))
    }

    @Test
    fun nothingIsTurnedIntoAnotherType() {
        assertRefused("here.whole must be a text") { fields.text("whole") }
        assertRefused("here.none must be a text") { fields.text("none") }
        assertRefused("here.text must be a whole number") { fields.int("text") }
        assertRefused("here.real must be a whole number") { fields.long("real") }
        assertRefused("here.long must be a whole number of 32 bits") { fields.int("long") }
        assertRefused("here.text must be a number") { fields.real("text") }
        assertRefused("here.whole must be true or false") { fields.flag("whole") }
        assertRefused("here.mixed must be a list of whole numbers") { fields.ints("mixed") }
        assertRefused("here.open must be a list of whole numbers") { fields.ints("open") }
        assertRefused("here.mixed must be a list of whole numbers") { fields.intsOrNulls("mixed") }
        assertRefused("here.mixed must be a list of numbers") { fields.reals("mixed") }
        assertRefused("here.mixed must be a list of texts") { fields.texts("mixed") }
        assertRefused("here.list must be a list of objects") { fields.records("list") }
        assertRefused("here.object must be a list") { fields.ints("object") }
        assertRefused("here.list must be an object") { fields.fields("list") }
        assertRefused("here.text must be an object") { fields.fieldsOrNull("text") }
        assertRefused("here.absent is missing") { fields.text("absent") }
    }

    @Test
    fun namesAreChecked() {
        val few = Fields(JSONObject("""{"a": 1, "b": null}"""), "")
        few.named("a", "b")
        few.named("a", optional = listOf("b", "c"))
        assertRefused("c is missing") { few.named("a", "b", "c") }
        assertRefused("'b' is not a known field") { few.named("a") }
        val odd = Fields(JSONObject().put("x\n\u202e" + "y".repeat(1000), 1), "")
        assertRefused("'x\\u000a\\u202eyyy") { odd.named() }
    }
}
