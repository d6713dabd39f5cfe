package org.lowformer.edge.core

import java.io.File
import java.io.IOException
import java.security.MessageDigest
import java.util.Locale

private const val ALGORITHM = "SHA-256"
private const val BUFFER = 1 shl 16
private const val LEFT_BY_A_MAC = ".DS_Store"

/**
 * SHA-256 of a file, in hex; of a folder, that of its files' digests and names, as Python's `digest_of`.
 *
 * @throws EdgeException it cannot be read, or a folder holds a link.
 */
fun digestOf(path: File): String = try {
    val digest = MessageDigest.getInstance(ALGORITHM)
    if (path.isDirectory) {
        for ((name, file) in filesWithin(path)) digest.update("${digestOf(file)}  ./$name\n".toByteArray())
    } else {
        val buffer = ByteArray(BUFFER)
        path.inputStream().use { stream ->
            generateSequence { stream.read(buffer) }.takeWhile { it >= 0 }.forEach { digest.update(buffer, 0, it) }
        }
    }
    digest.digest().joinToString("") { "%02x".format(Locale.ROOT, it) }
} catch (error: IOException) {
    throw EdgeException("${shown(path.name)}: cannot be read (${error.message})", error)
}

/** Bytes of a file, or of a folder's files together. */
fun sizeOf(path: File): Long =
    if (path.isDirectory) filesWithin(path).sumOf { (_, file) -> file.length() } else path.length()

/** A folder's files at any depth with their paths in it, in the order of the paths' bytes. */
private fun filesWithin(folder: File): List<Pair<String, File>> {
    val found = ArrayList<Pair<String, File>>()
    val waiting = arrayListOf("" to folder.canonicalFile)
    while (waiting.isNotEmpty()) {
        val (prefix, parent) = waiting.removeAt(waiting.lastIndex)
        val children = parent.listFiles() ?: throw IOException("no folder that can be listed")
        for (child in children) {
            if (child.canonicalFile != child) {
                throw EdgeException("${shown(child.name)}: is a link; do not trust this bundle")
            }
            val path = prefix + child.name
            if (child.isDirectory) waiting.add("$path/" to child)
            if (child.isFile && child.name != LEFT_BY_A_MAC) found.add(path to child)
        }
    }
    return found.sortedWith { one, other -> compareBytes(one.first.toByteArray(), other.first.toByteArray()) }
}

private fun compareBytes(one: ByteArray, other: ByteArray): Int {
    for (index in 0 until minOf(one.size, other.size)) {
        val difference = (one[index].toInt() and 0xFF) - (other[index].toInt() and 0xFF)
        if (difference != 0) return difference
    }
    return one.size - other.size
}
