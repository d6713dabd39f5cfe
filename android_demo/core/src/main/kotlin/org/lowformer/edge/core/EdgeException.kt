package org.lowformer.edge.core

/** Something that a person must be told: one line that says what is wrong, where, and what to do. */
class EdgeException(message: String, cause: Throwable? = null) : Exception(message, cause)
