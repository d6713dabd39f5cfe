package org.lowformer.edge.runtime

import org.lowformer.edge.core.digestOf
import java.io.File

/**
 * Weights of a TFLite file as XNNPACK packs them, in a file that the next opening maps into memory in place of
 * packing them again.
 *
 * XNNPACK does not look whether they are those of the model that is opened: another model with the same ops would
 * compute with them, and nobody be told. So they are named by the model's content and LiteRT's version, and get that
 * name only once they are whole.
 *
 * @property file what LiteRT reads, or writes where there is none.
 */
internal class WeightCache private constructor(val file: File, private val whole: File) {
    /** Lets the next opening find what LiteRT has written, and drops what was not used for longest. */
    fun keep() {
        file.renameTo(whole)
        whole.setLastModified(System.currentTimeMillis())
        val files = whole.parentFile?.listFiles().orEmpty()
        val others = files.filter { it.extension == WHOLE }.sortedByDescending(File::lastModified)
        val aDayAgo = System.currentTimeMillis() - DAY
        val left = files.filter { it.extension == PART && it.lastModified() < aDayAgo }
        (others.drop(MOST) + left).forEach(File::delete)
    }

    /** Drops what LiteRT could not read or write. */
    fun drop() {
        file.delete()
    }

    companion object {
        private const val WHOLE = "weights"
        private const val PART = "part"
        private const val DAY = 24 * 60 * 60 * 1000L

        /** Models whose weights are kept: they take as much room as the file itself. */
        private const val MOST = 4

        /** Those of a model, in a folder that is made if need be. */
        fun of(model: File, folder: File, version: String): WeightCache {
            folder.mkdirs()
            val whole = File(folder, "${digestOf(model)}-$version.$WHOLE")
            return WeightCache(if (whole.isFile) whole else File(folder, "${System.nanoTime()}.$PART"), whole)
        }
    }
}
