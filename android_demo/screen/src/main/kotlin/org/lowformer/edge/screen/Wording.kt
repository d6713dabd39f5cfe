package org.lowformer.edge.screen

/** Something that is said on the screen, before it is put into a language. */
sealed interface Wording {
    /** A name or a line that is the same in every language. */
    data class Plain(val text: String) : Wording

    /**
     * @property arguments of the message in order: strings, whole numbers, doubles and other wordings.
     * @property count what its plural form hangs on; null where it has none.
     */
    data class Known(val message: Message, val arguments: List<Any> = emptyList(), val count: Int? = null) : Wording {
        init {
            require(message.takes(arguments)) { "$message does not take $arguments" }
        }
    }
}

internal fun Message.with(vararg arguments: Any): Wording.Known = Wording.Known(this, arguments.asList())
