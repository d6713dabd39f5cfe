package org.lowformer.edge.core

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

/** An artifact that this app can run, where it lies. */
data class BundleModel(val artifact: Artifact, val file: ModelFile)

/** What `lowformer-export` wrote: files, and a manifest that says what they are. */
class Bundle(val folder: File, val manifest: Manifest) {
    /** The artifacts that this app has a runtime for, in the manifest's order. */
    val models: List<BundleModel> = manifest.artifacts.mapNotNull { artifact ->
        val format = Format.of(artifact.path)
        val input = artifact.input
        if (format == null || input == null) return@mapNotNull null
        BundleModel(artifact, ModelFile(File(folder, artifact.path), format, input, artifact.outputs))
    }

    /**
     * One of the models.
     *
     * @param wanted its format and precision as `tflite/int8`, one of both, or its path, as in Python; null where there
     *   is but one.
     * @throws EdgeException no model is that, or several are.
     */
    fun model(wanted: String? = null): BundleModel {
        val fitting = models.filter { wanted == null || it.artifact.isCalled(wanted) }
        if (fitting.size == 1) return fitting.single()
        val asked = wanted?.let { " that are ${shown(it)}" }.orEmpty()
        val others = models.joinToString { it.artifact.path }.ifEmpty { "none" }
        throw EdgeException("$folder: holds ${fitting.size} files$asked for this app; it has $others")
    }

    /**
     * The class names in order, or null where nobody knows them.
     *
     * @throws EdgeException the file cannot be read, or has another number of names than the model has classes.
     */
    fun labels(): List<String>? {
        val record = manifest.labels ?: return null
        val names = parseLabels(readText(File(folder, record.path)), record.path)
        if (names.size != manifest.classes) {
            throw EdgeException(
                "${record.path}: has ${names.size} classes, and the model has ${manifest.classes}; export again",
            )
        }
        return names
    }

    /** @throws EdgeException the golden vectors are damaged, or do not fit the models. */
    fun golden(): GoldenVectors {
        val path = manifest.golden.path
        val vectors = GoldenVectors.read(File(folder, path), manifest.outputs)
        val size = manifest.preprocessing.size
        if (Size(vectors.height, vectors.width) != size) {
            throw EdgeException("$path: its images are not $size pixels; export again")
        }
        return vectors
    }

    companion object {
        /** Bytes of a text file of a bundle. */
        private const val LONGEST_TEXT = 1 shl 23

        /**
         * Reads a bundle's manifest and checks it against the bundle's files.
         *
         * @throws EdgeException the folder is no bundle, its manifest is damaged or of another schema version, or
         *   a file is missing, leads out of the folder, or differs from its size or its hash.
         */
        fun open(folder: File): Bundle {
            val path = File(folder, Manifest.FILE_NAME)
            if (!path.isFile) throw EdgeException("$folder: not a bundle, it has no ${Manifest.FILE_NAME}")
            val manifest = Manifest.parse(readText(path))
            val root = canonical(folder)
            for (record in manifest.files) checkFile(root, record)
            return Bundle(folder, manifest)
        }

        private fun checkFile(root: File, record: FileRecord) {
            val file = File(root, record.path)
            val name = shown(record.path)
            if (!canonical(file).startsWith(root)) {
                throw EdgeException("$name: leads out of the bundle's folder; do not trust this bundle")
            }
            if (!file.exists()) {
                throw EdgeException("$name: the manifest names it, but it is missing; copy the bundle again")
            }
            if (Format.of(record.path) != null && !file.isFile) {
                throw EdgeException("$name: is no file; copy the bundle again")
            }
            if (sizeOf(file) != record.bytes) {
                throw EdgeException("$name: is not ${record.bytes} bytes long; copy the bundle again")
            }
            if (digestOf(file) != record.sha256) {
                throw EdgeException("$name: differs from its hash in the manifest; copy the bundle again")
            }
        }

        private fun canonical(file: File): File = try {
            file.canonicalFile
        } catch (error: IOException) {
            throw EdgeException("$file: cannot be found (${error.message})", error)
        }

        private fun readText(file: File): String = try {
            if (file.length() > LONGEST_TEXT) {
                throw EdgeException("${file.name}: ${file.length()} bytes are too many; export again")
            }
            Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file.readBytes())).toString()
        } catch (error: CharacterCodingException) {
            throw EdgeException("${file.name}: damaged (not UTF-8); export again", error)
        } catch (error: IOException) {
            throw EdgeException("${file.name}: cannot be read (${error.message})", error)
        }
    }
}
