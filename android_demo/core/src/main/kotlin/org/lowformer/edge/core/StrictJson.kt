package org.lowformer.edge.core

import org.json.JSONException
import org.json.JSONObject

/**
 * Reads JSON as the standard (RFC 8259) has it.
 *
 * Android's own parser takes comments, texts without quotes and whatever follows the last brace, and fills the
 * stack with nested lists; so the text is checked before it.
 */
object StrictJson {
    /** Nested objects and lists; what Python's reader of manifests allows. */
    const val DEEPEST = 200

    /**
     * Reads an object.
     *
     * @throws EdgeException the text is no JSON, is cut off, is nested too deeply, or is no object.
     */
    fun parse(text: String): JSONObject {
        Check(text).document()
        return try {
            JSONObject(text)
        } catch (error: JSONException) {
            throw EdgeException("not a JSON object", error)
        }
    }

    /** Reads the text once from its begin to its end, without recursion. */
    private class Check(private val text: String) {
        private var at = 0

        /** What is open, innermost last: '{' or '['. */
        private val open = StringBuilder()

        fun document() {
            space()
            value()
            while (open.isNotEmpty()) {
                space()
                if (take(closing())) close() else next()
            }
            space()
            if (at < text.length) fail("something follows its end")
        }

        private fun closing() = if (open.last() == '{') '}' else ']'

        private fun close() = open.setLength(open.length - 1)

        /** What follows a value within a list or an object. */
        private fun next() {
            if (!take(',')) fail("a comma or an end is missing")
            space()
            name()
            value()
        }

        /** A value's name, if an object is open. */
        private fun name() {
            if (open.last() != '{') return
            string()
            space()
            if (!take(':')) fail("a colon is missing")
            space()
        }

        /** A whole value, or the begin of a list or an object up to its first scalar. */
        private fun value() {
            while (begin()) {
                space()
                if (take(closing())) return close()
                name()
            }
        }

        /** Reads a scalar, or opens a list or an object and says so. */
        private fun begin(): Boolean {
            val first = text.getOrNull(at) ?: fail("it is cut off")
            when {
                first == '{' || first == '[' -> {
                    if (open.length == DEEPEST) fail("it is nested more than $DEEPEST deep")
                    open.append(first)
                    at++
                    return true
                }
                first == '"' -> string()
                else -> literal()
            }
            return false
        }

        private fun string() {
            if (!take('"')) fail("a text is missing")
            while (!take('"')) {
                val char = text.getOrNull(at++) ?: fail("it is cut off")
                if (char < ' ') fail("a text holds a control character")
                if (char == '\\') escape()
            }
        }

        private fun escape() {
            val kind = text.getOrNull(at++) ?: fail("it is cut off")
            if (kind == 'u') {
                repeat(HEX_DIGITS) {
                    val digit = text.getOrNull(at++) ?: fail("it is cut off")
                    if (digit !in '0'..'9' && digit !in 'a'..'f' && digit !in 'A'..'F') fail("an escape is damaged")
                }
            } else if (kind !in ESCAPES) {
                fail("an escape is unknown")
            }
        }

        /** true, false, null or a number. */
        private fun literal() {
            val start = at
            while (at < text.length && (text[at].isLetterOrDigit() || text[at] in "+-.")) at++
            val word = text.substring(start, at)
            if (word.length > LONGEST_LITERAL || word !in WORDS && !NUMBER.matches(word)) fail("a value is none")
        }

        private fun space() {
            while (at < text.length && text[at] in SPACES) at++
        }

        private fun take(char: Char): Boolean {
            if (text.getOrNull(at) != char) return false
            at++
            return true
        }

        private fun fail(reason: String): Nothing =
            throw EdgeException("not JSON: $reason at character ${minOf(at, text.length) + 1}")
    }

    private const val HEX_DIGITS = 4
    private const val LONGEST_LITERAL = 400
    private const val ESCAPES = "\"\\/bfnrt"
    private const val SPACES = " \t\n\r"
    private val WORDS = setOf("true", "false", "null")
    private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
}
