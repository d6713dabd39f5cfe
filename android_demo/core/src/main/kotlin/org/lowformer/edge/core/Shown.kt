package org.lowformer.edge.core

private const val LONGEST = 80
private val PRINTABLE = ' '..'~'

/** A text of a file in quotes, so that it fits a message of one line whatever it holds. */
fun shown(text: String): String {
    val short = if (text.length > LONGEST) text.take(LONGEST) + "..." else text
    val escaped = short.map { if (it in PRINTABLE) it.toString() else "\\u" + it.code.toString(16).padStart(4, '0') }
    return escaped.joinToString("", "'", "'")
}
