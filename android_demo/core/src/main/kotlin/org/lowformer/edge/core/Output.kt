package org.lowformer.edge.core

/**
 * What a model gives for one image, whatever the file.
 *
 * @property name as files and golden vectors call it.
 * @property shape its dimensions, without that of the images.
 * @property layout what these are: `K` for one value a class.
 */
data class Output(val name: String, val shape: List<Int>, val layout: String) {
    companion object {
        internal fun parse(fields: Fields): Output {
            fields.named("name", "shape", "layout")
            return Output(fields.text("name"), fields.ints("shape"), fields.text("layout"))
        }

        /**
         * The one output of a classifier: logits.
         *
         * @throws EdgeException there are others.
         */
        internal fun ofClassifier(records: List<Fields>): Output {
            val outputs = records.map { parse(it) }
            val logits = outputs.singleOrNull()
            if (logits == null || logits.layout != CLASSES || logits.shape.size != 1 || logits.shape.single() < 1) {
                throw EdgeException("outputs: a classifier has one, of one value a class")
            }
            return logits
        }

        private const val CLASSES = "K"
    }
}
