package com.google.ai.edge.litert

/** Stands for LiteRT's class. Its constructor with a status, one of an enum, is left out. */
class LiteRtException(private val code: Int, message: String) : Exception(message)
