package org.lowformer.edge.core

import kotlin.math.round

/** Affine quantization to int8: real = (integer - [zeroPoint]) * [scale]. */
data class Quantization(val scale: Float, val zeroPoint: Int) {
    init {
        require(scale > 0) { "a scale is positive, not $scale" }
    }

    /** round(value / scale) + zero point, halves to the even number, saturated. */
    fun quantize(values: FloatArray): ByteArray = ByteArray(values.size) { index ->
        val rounded = round(values[index] / scale) + zeroPoint
        rounded.coerceIn(LOWEST, HIGHEST).toInt().toByte()
    }

    /** The reals that integers stand for. */
    fun dequantize(values: ByteArray): FloatArray = FloatArray(values.size) { (values[it] - zeroPoint) * scale }

    private companion object {
        const val LOWEST = -128f
        const val HIGHEST = 127f
    }
}
