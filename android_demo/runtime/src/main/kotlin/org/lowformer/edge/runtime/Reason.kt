package org.lowformer.edge.runtime

private const val LONGEST_REASON = 300
private val SPACE = Regex("\\s+")

/** What a runtime's error says, in one line. */
internal fun Throwable.reason(): String {
    val text = message.orEmpty().trim().replace(SPACE, " ").take(LONGEST_REASON)
    return text.ifEmpty { javaClass.simpleName }
}
