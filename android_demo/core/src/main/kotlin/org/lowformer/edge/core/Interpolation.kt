package org.lowformer.edge.core

import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.sin

/**
 * How pixels are weighted when an image is resized, as Pillow does it.
 *
 * @property id its name in a manifest.
 * @property support how far from a pixel's centre its weight reaches, in pixels of the smaller image; 0 where
 *   only the nearest pixel counts.
 */
enum class Interpolation(val id: String, val support: Double) {
    NEAREST("nearest", 0.0),
    BILINEAR("bilinear", 1.0),
    BICUBIC("bicubic", 2.0),
    LANCZOS("lanczos", 3.0),
    ;

    /** The weight, before it is normalised, at a distance from the centre in pixels of the smaller image. */
    fun weight(distance: Double): Double = when (this) {
        NEAREST -> throw IllegalStateException("the nearest pixel is not weighted")
        BILINEAR -> maxOf(0.0, 1 - abs(distance))
        BICUBIC -> cubic(abs(distance))
        LANCZOS -> if (-support <= distance && distance < support) sinc(distance) * sinc(distance / support) else 0.0
    }

    companion object {
        /** @throws EdgeException there is no such interpolation. */
        fun of(id: String): Interpolation = entries.find { it.id == id } ?: throw EdgeException(
            "interpolation ${shown(id)} is unknown; choose one of ${entries.joinToString { it.id }}",
        )

        /** The slope of the cubic at distance 1 (Keys 1981). */
        private const val SLOPE = -0.5

        private fun cubic(distance: Double): Double = when {
            distance < 1 -> ((SLOPE + 2) * distance - (SLOPE + 3)) * distance * distance + 1
            distance < 2 -> (((distance - 5) * distance + 8) * distance - 4) * SLOPE
            else -> 0.0
        }

        private fun sinc(value: Double): Double = if (value == 0.0) 1.0 else sin(value * PI) / (value * PI)
    }
}
