package org.lowformer.edge.core

import org.json.JSONArray
import org.json.JSONObject

/**
 * The fields of a JSON object, each of exactly the type that is asked for.
 *
 * org.json takes a text for a number and anything for a text; in a manifest or a job that is a mistake.
 *
 * @property place of the object in its document, such as `artifacts.0.file`; empty for the document itself.
 */
class Fields(private val json: JSONObject, val place: String) {
    /**
     * Checks the fields' names.
     *
     * @param optional those that may be missing.
     * @throws EdgeException one is missing, or there is another one.
     */
    fun named(vararg names: String, optional: List<String> = emptyList()) {
        for (name in names) value(name)
        for (name in json.keys()) {
            if (name !in names && name !in optional) throw EdgeException("${at(shown(name))} is not a known field")
        }
    }

    /** @throws EdgeException the field is missing or of another type, as for all that follow. */
    fun text(name: String): String = value(name) as? String ?: fail(name, "a text")

    fun flag(name: String): Boolean = value(name) as? Boolean ?: fail(name, "true or false")

    fun long(name: String): Long = when (val value = value(name)) {
        is Int -> value.toLong()
        is Long -> value
        else -> fail(name, "a whole number")
    }

    fun int(name: String): Int = value(name) as? Int ?: fail(name, "a whole number of 32 bits")

    fun real(name: String): Double = real(value(name)) ?: fail(name, "a number")

    fun ints(name: String): List<Int> = list(name).map { it as? Int ?: fail(name, "a list of whole numbers") }

    /** A list of whole numbers, each of which may be null. */
    fun intsOrNulls(name: String): List<Int?> = list(name).map {
        if (it == JSONObject.NULL) null else it as? Int ?: fail(name, "a list of whole numbers")
    }

    fun reals(name: String): List<Double> = list(name).map { real(it) ?: fail(name, "a list of numbers") }

    fun texts(name: String): List<String> = list(name).map { it as? String ?: fail(name, "a list of texts") }

    /** An object. */
    fun fields(name: String): Fields = Fields(value(name) as? JSONObject ?: fail(name, "an object"), at(name))

    /** An object, or null where the field is missing or null. */
    fun fieldsOrNull(name: String): Fields? = if (json.isNull(name)) null else fields(name)

    /** A text, or null where the field is missing or null. */
    fun textOrNull(name: String): String? = if (json.isNull(name)) null else text(name)

    /** A list of objects. */
    fun records(name: String): List<Fields> = list(name).mapIndexed { index, item ->
        Fields(item as? JSONObject ?: fail(name, "a list of objects"), "${at(name)}.$index")
    }

    private fun list(name: String): List<Any> {
        val items = value(name) as? JSONArray ?: fail(name, "a list")
        return List(items.length()) { items.get(it) }
    }

    private fun real(value: Any): Double? = (value as? Number)?.toDouble()?.takeIf { it.isFinite() }

    private fun value(name: String): Any = json.opt(name) ?: throw EdgeException("${at(name)} is missing")

    private fun at(name: String) = if (place.isEmpty()) name else "$place.$name"

    private fun fail(name: String, wanted: String): Nothing = throw EdgeException("${at(name)} must be $wanted")
}
