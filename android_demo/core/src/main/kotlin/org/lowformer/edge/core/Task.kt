package org.lowformer.edge.core

/** What a model is for, by its name in a manifest. */
enum class Task(val id: String) {
    CLASSIFICATION("classification"),
    DETECTION("detection"),
    SEGMENTATION("segmentation"),
    ;

    /**
     * How many classes a model of this task knows.
     *
     * @param outputs what it gives for one image.
     * @param input of the network.
     * @throws EdgeException they are none of such a model.
     */
    internal fun classes(outputs: List<Output>, input: Size): Int = when (this) {
        CLASSIFICATION -> classesOfClassifier(outputs)
        DETECTION -> classesOfDetector(outputs, input)
        SEGMENTATION -> classesOfSegmenter(outputs, input)
    }

    companion object {
        /** @throws EdgeException this app knows no such task. */
        fun of(id: String): Task = entries.find { it.id == id }
            ?: throw EdgeException("the task ${shown(id)} is unknown; this app knows ${entries.joinToString { it.id }}")

        private fun classesOfClassifier(outputs: List<Output>): Int {
            val logits = outputs.singleOrNull()
            val classes = logits?.shape?.singleOrNull() ?: 0
            if (logits?.layout != Output.CLASSES || classes < 1) {
                throw EdgeException("outputs: a classifier has one, of one value a class")
            }
            return classes
        }

        private fun classesOfDetector(outputs: List<Output>, input: Size): Int {
            val levels = outputs.size / 2
            val channels = outputs.find { it.name == Output.classLogits(0) }?.shape?.firstOrNull() ?: 0
            val classes = channels / Anchors.PER_PLACE
            val isDetector = levels in 1..Anchors.MOST_LEVELS && classes > 0 &&
                outputs.toSet() == Output.ofDetector(classes, input, levels).toSet()
            if (!isDetector || outputs.size != 2 * levels) {
                throw EdgeException("outputs: a detector has class_logits and box_deltas of each level from p3 on")
            }
            return classes
        }

        private fun classesOfSegmenter(outputs: List<Output>, input: Size): Int {
            val logits = outputs.singleOrNull()
            val classes = logits?.shape?.firstOrNull() ?: 0
            val isMap = logits?.layout == Output.MAP && LabelDecoder.fits(logits.shape, input)
            if (!isMap || classes !in 1..LabelMap.UNSEEN) {
                throw EdgeException(
                    "outputs: a segmenter has one, a map of 1 to ${LabelMap.UNSEEN} classes at a quarter of $input",
                )
            }
            return classes
        }
    }
}
