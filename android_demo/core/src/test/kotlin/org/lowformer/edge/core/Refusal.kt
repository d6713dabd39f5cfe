package org.lowformer.edge.core

import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue

/** The message with which something is refused, or null where it is not. */
fun refusal(action: () -> Unit): String? = try {
    action()
    null
} catch (error: EdgeException) {
    assertNotNull(error.message)
    error.message
}

/** That something is refused with one line that tells of [part]. */
fun assertRefused(part: String, action: () -> Unit) {
    val message = refusal(action) ?: throw AssertionError("nothing was refused")
    assertTrue(part in message) { "'$message' does not tell of '$part'" }
    assertOneLine(message)
}

fun assertOneLine(message: String) {
    assertTrue(message.none { it < ' ' } && message.length in 10..400) { "not one line: '$message'" }
}
