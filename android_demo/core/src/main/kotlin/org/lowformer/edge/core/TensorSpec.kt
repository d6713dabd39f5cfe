package org.lowformer.edge.core

import org.json.JSONObject

/** Type of a tensor's values, by its name in a manifest. */
enum class ElementType(val id: String) {
    FLOAT32("float32"),
    INT8("int8"),

    /** Pixels of files that take images. */
    UINT8("uint8"),
    ;

    companion object {
        /** @throws EdgeException this app knows no such type. */
        fun of(id: String): ElementType = entries.find { it.id == id }
            ?: throw EdgeException("dtype ${shown(id)} is unknown; this app knows ${entries.joinToString { it.id }}")
    }
}

/** Order of a tensor's dimensions, by its name in a manifest. */
enum class Layout {
    NCHW,
    NHWC,

    /** Images and classes. */
    NK,

    /** Images, and what has no order that a name is needed for, such as boxes and their sides. */
    PLAIN,
    ;

    /** Whether it is that of images and of maps. */
    val isOfMaps: Boolean get() = this == NCHW || this == NHWC

    companion object {
        /** @throws EdgeException this app knows no such order. */
        fun of(id: String): Layout = when (id) {
            "NCHW" -> NCHW
            "NHWC" -> NHWC
            "NK" -> NK
            "" -> PLAIN
            else -> throw EdgeException("layout ${shown(id)} is unknown; this app knows NCHW, NHWC and NK")
        }
    }
}

/**
 * An input or output of a file.
 *
 * @property shape its dimensions; the first is the batch.
 * @property quantization of int8; null for the others.
 */
data class TensorSpec(
    val name: String,
    val shape: List<Int>,
    val type: ElementType,
    val layout: Layout,
    val quantization: Quantization?,
) {
    /** How many images go in at a time. */
    val batch: Int get() = shape.first()

    /** Number of values. */
    val size: Int get() = shape.fold(1, Int::times)

    /** Whether it is a batch of RGB images of a size. */
    fun takesImages(size: Size): Boolean = shape.drop(1) == when (layout) {
        Layout.NHWC -> listOf(size.height, size.width, RgbImage.CHANNELS)
        Layout.NCHW -> listOf(RgbImage.CHANNELS, size.height, size.width)
        Layout.NK, Layout.PLAIN -> null
    }

    /** Whether it has a real, or an integer for one, for each of an output's values. */
    internal fun gives(output: Output): Boolean = type != ElementType.UINT8 && output.shape == perImage &&
        layout in when (output.layout) {
            Output.CLASSES -> listOf(Layout.NK)
            Output.MAP -> listOf(Layout.NCHW, Layout.NHWC)
            else -> listOf(Layout.PLAIN)
        }

    /** Dimensions of what it has for an image, channels first in maps. */
    val perImage: List<Int>
        get() = if (layout == Layout.NHWC) listOf(shape[3], shape[1], shape[2]) else shape.drop(1)

    /** An image's values of those that it has, as they lie there. */
    fun ofImage(values: FloatArray, image: Int): FloatArray {
        val length = size / batch
        return if (batch == 1) values else values.copyOfRange(image * length, (image + 1) * length)
    }

    /** An image's map, of an output that has maps. */
    internal fun mapOfImage(values: FloatArray, image: Int): FeatureMap {
        val (channels, height, width) = perImage
        return FeatureMap(ofImage(values, image), channels, height, width, layout)
    }

    /** An image's values, channels first in maps. */
    fun planesOfImage(values: FloatArray, image: Int): FloatArray =
        if (layout == Layout.NHWC) mapOfImage(values, image).byChannel() else ofImage(values, image)

    companion object {
        /** Values of a tensor: 1 GiB of floats. */
        private const val MOST_VALUES = 1L shl 28

        /**
         * Reads an input or output as a manifest states it.
         *
         * @throws EdgeException a field is missing, unknown or impossible.
         */
        fun parse(json: JSONObject): TensorSpec = parse(Fields(json, "tensor"))

        /** The same, of a field of a larger document. */
        fun parse(fields: Fields): TensorSpec {
            fields.named("name", "shape", "dtype", "layout", optional = listOf("quantization"))
            val spec = TensorSpec(
                name = fields.text("name"),
                shape = shape(fields),
                type = ElementType.of(fields.text("dtype")),
                layout = Layout.of(fields.text("layout")),
                quantization = fields.fieldsOrNull("quantization")?.let { quantization(it) },
            )
            checkShape(spec, fields.place)
            if ((spec.type == ElementType.INT8) != (spec.quantization != null)) {
                throw EdgeException("${fields.place}: int8, and it alone, needs a quantization")
            }
            return spec
        }

        private fun shape(fields: Fields): List<Int> {
            val sides = fields.intsOrNulls("shape")
            if (null in sides) {
                throw EdgeException("${fields.place}: the shape ${sides.take(4)} leaves one open; this app needs all")
            }
            return sides.filterNotNull()
        }

        private fun quantization(fields: Fields): Quantization {
            fields.named("scale", "zero_point")
            val scale = fields.real("scale").toFloat()
            val zeroPoint = fields.int("zero_point")
            if (!(scale > 0 && scale.isFinite())) throw EdgeException("${fields.place}.scale must be positive")
            if (zeroPoint !in Byte.MIN_VALUE..Byte.MAX_VALUE) {
                throw EdgeException("${fields.place}.zero_point must be from -128 to 127, not $zeroPoint")
            }
            return Quantization(scale, zeroPoint)
        }

        private fun checkShape(spec: TensorSpec, place: String) {
            val isPlain = spec.layout == Layout.PLAIN && spec.shape.isNotEmpty()
            if (!isPlain && spec.shape.size != spec.layout.name.length) {
                throw EdgeException("$place: a shape of ${spec.shape.size} dimensions is not ${spec.layout}")
            }
            val values = spec.shape.fold(1L) { product, side ->
                if (side < 1 || side > MOST_VALUES) 0 else minOf(product * side, MOST_VALUES + 1)
            }
            if (values !in 1..MOST_VALUES) {
                throw EdgeException("$place: the shape ${spec.shape.take(4)} is absurd")
            }
        }
    }
}
