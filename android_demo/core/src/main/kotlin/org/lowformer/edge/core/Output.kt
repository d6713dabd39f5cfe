package org.lowformer.edge.core

/**
 * What a model gives for one image, whatever the file.
 *
 * @property name as files and golden vectors call it.
 * @property shape its dimensions, without that of the images.
 * @property layout what these are: `K` for one value a class, `CHW` for a map, empty for boxes.
 */
data class Output(val name: String, val shape: List<Int>, val layout: String) {
    /** Number of values for an image. */
    val size: Int get() = shape.fold(1, Int::times)

    companion object {
        internal const val CLASSES = "K"
        internal const val MAP = "CHW"
        private const val BOXES = ""

        /** What files call the boxes and the scores that they make of a detector's maps. */
        const val BOXES_NAME = "boxes"
        const val SCORES_NAME = "scores"

        internal fun parse(fields: Fields): Output {
            fields.named("name", "shape", "layout")
            return Output(fields.text("name"), fields.ints("shape"), fields.text("layout"))
        }

        /** What a detector calls the logits of a level, from the finest. */
        fun classLogits(level: Int): String = "class_logits_p${Anchors.FIRST_LEVEL + level}"

        /** What it calls the level's boxes. */
        fun boxDeltas(level: Int): String = "box_deltas_p${Anchors.FIRST_LEVEL + level}"

        /** The maps of a detector. */
        internal fun ofDetector(classes: Int, input: Size, levels: Int): List<Output> =
            (0 until levels).flatMap { level ->
                val anchors = Anchors.of(input, Anchors.FIRST_LEVEL + level)
                fun map(name: String, values: Int) =
                    Output(name, listOf(Anchors.PER_PLACE * values, anchors.height, anchors.width), MAP)
                listOf(map(classLogits(level), classes), map(boxDeltas(level), Anchors.BOX_SIDES))
            }

        /** What a file gives that decodes these maps. */
        internal fun decoded(classes: Int, input: Size, levels: Int): List<Output> {
            val anchors = (0 until levels).sumOf { Anchors.of(input, Anchors.FIRST_LEVEL + it).count }
            return listOf(
                Output(BOXES_NAME, listOf(anchors, Anchors.BOX_SIDES), BOXES),
                Output(SCORES_NAME, listOf(anchors, classes), BOXES),
            )
        }
    }
}
