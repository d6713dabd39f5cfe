package org.lowformer.edge.core

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.zip.ZipInputStream

/**
 * Takes in a bundle that somebody hands over, file by file or as a zip. Nothing is written outside its folder, and
 * no more than there is room for, whatever the sender says of sizes.
 *
 * @property folder takes the files; it must be empty, and is the caller's to remove if something is refused.
 * @property room bytes that all files may take together.
 */
class BundleIntake(private val folder: File, private val room: Long) {
    private val root = folder.canonicalFile
    private var files = 0
    private var taken = 0L

    /**
     * Takes a file.
     *
     * @param path where it lies in what was handed over, with `/` between its parts.
     * @throws EdgeException the path leads elsewhere or is there already, or there is no room.
     */
    fun add(path: String, stream: InputStream) {
        val target = targetOf(path)
        files++
        if (files > MOST_FILES) throw EdgeException("it has more than $MOST_FILES files; that is no bundle")
        try {
            target.parentFile?.mkdirs()
            if (!target.createNewFile()) throw EdgeException("${shown(path)}: is there twice; do not trust this bundle")
            target.outputStream().use { copy(stream, it::write) }
        } catch (error: IOException) {
            throw EdgeException("${shown(path)}: cannot be copied (${error.message}); pick it again", error)
        }
    }

    /**
     * Holds that a folder lies no deeper than a bundle's do, before it is looked into: one may hold itself.
     *
     * @param path as of a file.
     * @throws EdgeException it lies deeper.
     */
    fun checkFolder(path: String) {
        if (path.length > LONGEST_PATH || path.count { it == '/' } >= DEEPEST_PATH) {
            throw EdgeException("${shown(path)}: its folders lie too deep; that is no bundle")
        }
    }

    /**
     * Takes all files of a zip.
     *
     * @throws EdgeException as [add], or the zip is damaged.
     */
    fun addZip(stream: InputStream) {
        try {
            ZipInputStream(stream).use { zip ->
                generateSequence { zip.nextEntry }.filterNot { it.isDirectory }.forEach { add(it.name, zip) }
            }
        } catch (error: IOException) {
            throw EdgeException("the zip is damaged (${error.message}); copy it again", error)
        } catch (error: IllegalArgumentException) {
            throw EdgeException("the zip has names that are not UTF-8; zip it again", error)
        }
        if (files == 0) throw EdgeException("not a zip, or an empty one; pick the zip of a bundle")
    }

    /**
     * The bundle in what was taken, with everything checked: it lies at the top, or in the only folder there.
     *
     * @throws EdgeException there is none, or it is damaged.
     */
    fun bundle(): Bundle {
        val only = folder.listFiles().orEmpty().singleOrNull { it.name != LEFT_BY_A_MAC }
        val isWithin = !File(folder, Manifest.FILE_NAME).exists() && only != null && only.isDirectory
        return try {
            Bundle.open(if (isWithin) only else folder)
        } catch (error: EdgeException) {
            // It was moved to where nobody put it.
            throw EdgeException(error.message.orEmpty().replace("$folder: ", ""), error)
        }
    }

    private fun targetOf(path: String): File {
        val hasRoom = path.length <= LONGEST_PATH && path.count { it == '/' } <= DEEPEST_PATH
        val target = File(root, path)
        if (!FileRecord.staysInside(path) || !hasRoom || !target.canonicalFile.startsWith(root)) {
            throw EdgeException("${shown(path)}: leads out of the bundle's folder; do not trust this bundle")
        }
        return target
    }

    private fun copy(stream: InputStream, write: (ByteArray, Int, Int) -> Unit) {
        val buffer = ByteArray(BUFFER)
        while (true) {
            val count = stream.read(buffer)
            if (count < 0) return
            taken += count
            if (taken > room) throw EdgeException("it is larger than the ${room / MEGABYTE} MB that there is room for")
            write(buffer, 0, count)
        }
    }

    private companion object {
        const val MOST_FILES = 10_000
        const val LONGEST_PATH = 1024
        const val DEEPEST_PATH = 16
        const val LEFT_BY_A_MAC = "__MACOSX"
        const val BUFFER = 1 shl 16
        const val MEGABYTE = 1_000_000
    }
}
