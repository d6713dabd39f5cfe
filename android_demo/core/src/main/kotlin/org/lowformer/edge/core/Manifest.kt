package org.lowformer.edge.core

/**
 * What a bundle states of itself, as far as this app needs it; Python's `artifact/manifest.py` has all of it.
 *
 * @property name of the model.
 * @property outputs what the model gives for an image.
 * @property classes how many of them the model knows.
 * @property fitForAccuracy false for random weights, whose outputs mean nothing.
 * @property labels the file of class names; null where nobody knows them.
 * @property golden the file of golden vectors.
 * @property others files that this app does not read, but that belong to the bundle.
 */
data class Manifest(
    val name: String,
    val task: Task,
    val outputs: List<Output>,
    val classes: Int,
    val fitForAccuracy: Boolean,
    val preprocessing: Preprocessing,
    val labels: FileRecord?,
    val golden: FileRecord,
    val artifacts: List<Artifact>,
    val others: List<FileRecord>,
) {
    /** Every file that the manifest names. */
    val files: List<FileRecord> get() = artifacts.map { it.file } + listOfNotNull(labels, golden) + others

    companion object {
        /** The manifest's name in its bundle. */
        const val FILE_NAME = "manifest.json"

        /** The version of the manifest's fields and of their meaning. */
        const val SCHEMA_VERSION = 2

        /**
         * Reads a manifest.
         *
         * @throws EdgeException it is damaged, of another schema version, of a model for an unknown task, or a field
         *   is missing, unknown or wrong.
         */
        fun parse(text: String): Manifest {
            val json = try {
                StrictJson.parse(text)
            } catch (error: EdgeException) {
                throw EdgeException("$FILE_NAME: damaged (${error.message}); export again", error)
            }
            val version = json.opt("schema_version")
            if (version != SCHEMA_VERSION) {
                val found = if (version is Int) "$version" else version?.let { shown(it.toString()) }
                throw EdgeException(
                    "$FILE_NAME: has schema version $found, this app reads $SCHEMA_VERSION; export again, or use the" +
                        " app of the version that wrote it",
                )
            }
            return try {
                parse(Fields(json, ""))
            } catch (error: EdgeException) {
                throw EdgeException("$FILE_NAME: ${error.message}; export again", error)
            }
        }

        private fun parse(fields: Fields): Manifest {
            fields.named(
                "schema_version", "name", "task", "model", "source", "preprocessing", "preprocessing_sources",
                "outputs", "labels", "classes_source", "golden", "artifacts", "calibration", "machine", "toolchain",
                optional = listOf("mac_check", "guide", "requirements", "pruning"),
            )
            checkConfig(fields.fields("model"))
            val task = Task.of(fields.text("task"))
            val preprocessing = Preprocessing.parse(fields.fields("preprocessing"))
            val outputs = fields.records("outputs").map { Output.parse(it) }
            val classes = task.classes(outputs, preprocessing.size)
            val model = ModelInterface(task, preprocessing.size, outputs, classes)
            val ranges = fields.fieldsOrNull("calibration")?.fields("ranges")
            return Manifest(
                name = fields.text("name"),
                task = task,
                outputs = outputs,
                classes = classes,
                fitForAccuracy = fields.fields("source").flag("fit_for_accuracy"),
                preprocessing = preprocessing,
                labels = fields.fieldsOrNull("labels")?.let { FileRecord.parse(it) },
                golden = FileRecord.parse(fields.fields("golden")),
                artifacts = fields.records("artifacts").map { Artifact.parse(it, model) },
                others = listOfNotNull(ranges, fields.fieldsOrNull("mac_check"), fields.fieldsOrNull("guide"))
                    .map { FileRecord.parse(it) },
            )
        }

        /** What Python cannot do without; this app counts the classes of the outputs. */
        private fun checkConfig(model: Fields) {
            if (model.int("num_classes") < 1) throw EdgeException("model.num_classes must be positive")
        }
    }
}
