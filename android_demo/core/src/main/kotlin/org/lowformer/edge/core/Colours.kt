package org.lowformer.edge.core

import kotlin.math.round
import kotlin.math.sqrt

/** Of the colour wheel, the golden ratio: hues of numbers that follow each other lie far apart. */
private val TURN = (sqrt(5.0) - 1) / 2

/** Saturations and values, in turns, since there are more classes than hues. */
private val SHADES = listOf(0.85 to 0.95, 1.0 to 0.65, 0.5 to 1.0)

/** Luminance above which black is read better than white. */
private const val BRIGHT = 0.45
private const val BLACK = 0x000000
private const val WHITE = 0xFFFFFF
private const val BYTE = 0xFF

/** A class's colour, 0xRRGGBB, always the same: that of Python's `tasks/colours.py`. */
fun colourOf(number: Int): Int {
    val (saturation, value) = SHADES[number % SHADES.size]
    val sextant = number * TURN % 1 * 6
    val part = sextant - sextant.toInt()
    val low = value * (1 - saturation)
    val falling = value * (1 - saturation * part)
    val rising = value * (1 - saturation * (1 - part))
    return when (sextant.toInt()) {
        0 -> colour(value, rising, low)
        1 -> colour(falling, value, low)
        2 -> colour(low, value, rising)
        3 -> colour(low, falling, value)
        4 -> colour(rising, low, value)
        else -> colour(value, low, falling)
    }
}

/** Black or white, whichever can be read on a colour. */
fun inkOn(colour: Int): Int {
    val (red, green, blue) = listOf(colour shr 16, colour shr 8, colour).map { it and BYTE }
    val luminance = (0.299 * red + 0.587 * green + 0.114 * blue) / BYTE
    return if (luminance > BRIGHT) BLACK else WHITE
}

private fun colour(red: Double, green: Double, blue: Double): Int =
    listOf(red, green, blue).fold(0) { all, share -> (all shl 8) or round(BYTE * share).toInt() }
