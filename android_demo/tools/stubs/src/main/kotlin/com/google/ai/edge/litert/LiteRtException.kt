package com.google.ai.edge.litert

/** Compile-only. */
class LiteRtException(message: String) : Exception(message)
