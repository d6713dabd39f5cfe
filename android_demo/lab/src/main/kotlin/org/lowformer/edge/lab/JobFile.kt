package org.lowformer.edge.lab

import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.core.ModelFile
import org.lowformer.edge.core.digestOf

/**
 * A file of a job.
 *
 * @property path relative to the job's folder.
 * @property sha256 of its content, in hex.
 * @property bytes its size.
 */
data class JobFile(val path: String, val sha256: String, val bytes: Long, val model: ModelFile) {
    /** The file's own name. */
    val name: String get() = model.file.name

    /** @throws EdgeException the file is missing or of another size. */
    fun checkSize() {
        if (!model.file.isFile) throw EdgeException("$name: the job names it, but it is missing; send it again")
        if (model.file.length() != bytes) throw EdgeException("$name: is not $bytes bytes long; send it again")
    }

    /** @throws EdgeException the file is missing, or differs from its size or hash. */
    fun checkHash() {
        checkSize()
        if (digestOf(model.file) != sha256) throw EdgeException("$name: differs from its hash; send it again")
    }
}
