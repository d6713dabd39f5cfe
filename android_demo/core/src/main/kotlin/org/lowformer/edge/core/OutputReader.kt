package org.lowformer.edge.core

/** Tells what a file's outputs mean. Not for several threads at once. */
fun interface OutputReader {
    /**
     * What the first image of a batch shows.
     *
     * @param outputs as [Runner.run] gives them.
     * @param image its size before preprocessing.
     * @throws EdgeException a value is NaN or infinite.
     */
    fun read(outputs: List<FloatArray>, image: Size): Findings

    companion object {
        /** How many classes are told of. */
        private const val TOP = 5

        /** The reader of a file of a bundle. */
        fun of(manifest: Manifest, model: ModelFile): OutputReader = when (manifest.task) {
            Task.CLASSIFICATION -> OutputReader { outputs, _ ->
                Findings.Classes(model.scores(outputs, TOP))
            }
            Task.DETECTION -> BoxReader(manifest, model)
            Task.SEGMENTATION -> LabelReader(manifest, model)
        }
    }
}

/** The likeliest classes of the first image of a batch. */
internal fun ModelFile.scores(values: List<FloatArray>, most: Int): List<Score> =
    topK(outputs.single().ofImage(values.single(), 0), most, givesProbabilities)

/** Reads a detector's maps, or the boxes that a file makes of them. */
private class BoxReader(manifest: Manifest, private val model: ModelFile) : OutputReader {
    private val preprocessing = manifest.preprocessing
    private val levels = manifest.outputs.size / 2
    private val decoder = BoxDecoder(preprocessing.size, manifest.classes, levels)

    override fun read(outputs: List<FloatArray>, image: Size): Findings {
        val placement = preprocessing.placement(image)
        val boxes = place(Output.BOXES_NAME)
        val found = if (boxes < 0) {
            decoder.decode(maps(outputs, Output::classLogits), maps(outputs, Output::boxDeltas), placement)
        } else {
            val scores = place(Output.SCORES_NAME)
            decoder.decodeBoxes(
                model.outputs[boxes].ofImage(outputs[boxes], 0),
                model.outputs[scores].ofImage(outputs[scores], 0),
                placement,
            )
        }
        return Findings.Objects(image, found)
    }

    private fun maps(outputs: List<FloatArray>, name: (level: Int) -> String) = List(levels) { level ->
        val place = place(name(level))
        model.outputs[place].mapOfImage(outputs[place], 0)
    }

    private fun place(name: String): Int = model.outputs.indexOfFirst { it.name == name }
}

/** Reads a segmenter's logits. */
private class LabelReader(manifest: Manifest, private val model: ModelFile) : OutputReader {
    private val preprocessing = manifest.preprocessing
    private val decoder = LabelDecoder(preprocessing.size, manifest.classes)

    /** Of larger images than the input no more is known than of such of its size. */
    override fun read(outputs: List<FloatArray>, image: Size): Findings {
        val placement = preprocessing.placement(image).ofImageWithin(preprocessing.size.longest)
        val map = decoder.interpolated(model.outputs.single().mapOfImage(outputs.single(), 0), placement)
        return Findings.Labels(map, map.regions())
    }
}
