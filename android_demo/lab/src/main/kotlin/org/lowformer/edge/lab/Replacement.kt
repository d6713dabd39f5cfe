package org.lowformer.edge.lab

import java.io.File
import java.io.IOException

/** Gives a file its name, in place of another that had it; who reads sees one of the two whole. */
internal fun replace(source: File, target: File) {
    if (!source.renameTo(target)) throw IOException("$source: cannot be renamed to ${target.name}")
}
