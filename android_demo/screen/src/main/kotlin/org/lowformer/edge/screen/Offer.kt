package org.lowformer.edge.screen

import org.lowformer.edge.core.Format

/**
 * A file of a bundle that this app can run.
 *
 * @property path in the bundle.
 * @property precision what it is called on the screen; no two files of a format share it.
 */
data class Offer(val path: String, val format: Format, val precision: String) {
    companion object {
        /** Offers of a bundle's files; files of the same format and precision are told apart by their names. */
        fun of(files: List<Offer>): List<Offer> {
            val alike = files.groupBy { it.format to it.precision }
            return files.map { file ->
                val several = alike.getValue(file.format to file.precision).size > 1
                if (several) file.copy(precision = "${file.precision} (${file.path})") else file
            }
        }
    }
}
