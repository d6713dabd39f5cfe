package org.lowformer.edge.core

/**
 * A file of a bundle, or a folder that is one artifact.
 *
 * @property path relative to the bundle's folder, and never out of it.
 * @property sha256 of its content, in hex; see [digestOf].
 * @property bytes its size.
 */
data class FileRecord(val path: String, val sha256: String, val bytes: Long) {
    companion object {
        private val DIGEST = Regex("[0-9a-f]{64}")

        internal fun parse(fields: Fields): FileRecord {
            fields.named("path", "sha256", "bytes")
            val record = FileRecord(fields.text("path"), fields.text("sha256"), fields.long("bytes"))
            if (!staysInside(record.path)) {
                throw EdgeException("${fields.place}: the path ${shown(record.path)} leaves the bundle's folder")
            }
            if (!DIGEST.matches(record.sha256)) throw EdgeException("${fields.place}.sha256 must be 64 hex digits")
            if (record.bytes < 0) throw EdgeException("${fields.place}.bytes must not be negative")
            return record
        }

        /** Whether a path is relative and stays in its folder, on whatever system wrote it. */
        fun staysInside(path: String): Boolean {
            val parts = path.split('/').filter { it.isNotEmpty() && it != "." }
            return parts.isNotEmpty() &&
                !path.startsWith("/") &&
                '\u0000' !in path &&
                '\\' !in path &&
                ".." !in parts &&
                ':' !in parts.first()
        }
    }
}
