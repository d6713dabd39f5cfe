package org.lowformer.edge.core

/** Where Python's `splitlines` ends a line. */
private val LINE_END = Regex("\r\n|[\n\r\u000B\u000C\u001C-\u001E\u0085\u2028\u2029]")
private const val BYTE_ORDER_MARK = "\uFEFF"

/**
 * Class names in order, one per line; empty lines at the end do not count.
 *
 * @param path of the file, for messages.
 * @throws EdgeException there is no name, or an empty line between names.
 */
internal fun parseLabels(text: String, path: String): List<String> {
    val names = text.removePrefix(BYTE_ORDER_MARK).split(LINE_END).map { it.trim() }.dropLastWhile { it.isEmpty() }
    if (names.isEmpty()) throw EdgeException("$path: holds no class name; export again")
    val gap = names.indexOf("")
    if (gap >= 0) throw EdgeException("$path: line ${gap + 1} is empty; export again")
    return names
}
