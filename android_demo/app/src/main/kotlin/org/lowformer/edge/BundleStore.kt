package org.lowformer.edge

import android.content.Context
import android.net.Uri
import android.provider.OpenableColumns
import java.io.File
import java.io.IOException
import org.lowformer.edge.core.Bundle
import org.lowformer.edge.core.BundleIntake
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.runtime.EdgeModel
import org.lowformer.edge.screen.BundleEntry

/**
 * The bundles that the app has: those in its assets, which are unpacked when they are first opened, and those that
 * were imported. For one thread at a time.
 */
internal class BundleStore(private val context: Context) {
    private val imported = File(context.noBackupFilesDir, IMPORTED)
    private val incoming = File(context.noBackupFilesDir, "incoming")

    /** All bundles, none of them opened; those of the app first. */
    fun list(): List<BundleEntry> {
        val own = context.assets.list(ASSETS).orEmpty().sorted().map { BundleEntry("$INCLUDED/$it", it, false) }
        val others = imported.list().orEmpty().sorted().map { BundleEntry("$IMPORTED/$it", it, true) }
        return own + others
    }

    /** @throws EdgeException the bundle is damaged, or cannot be unpacked. */
    fun open(id: String): OpenBundle {
        val (kind, name) = id.split('/', limit = 2)
        if (kind == IMPORTED) return OpenBundle(id, Bundle.open(File(imported, name)))
        val folder = EdgeModel.unpack(context, "$ASSETS/$name")
        return try {
            OpenBundle(id, Bundle.open(folder))
        } catch (error: EdgeException) {
            // The next try gets a new copy.
            folder.deleteRecursively()
            throw error
        }
    }

    /**
     * Takes in the bundle in a folder or in a zip.
     *
     * @return its id.
     * @throws EdgeException it is no bundle, damaged, too large, or cannot be read.
     */
    fun import(uri: Uri, isFolder: Boolean): String {
        incoming.deleteRecursively()
        if (!incoming.mkdirs()) throw EdgeException("$incoming: cannot be made; make room on the device")
        try {
            val intake = BundleIntake(incoming, minOf(LARGEST_BUNDLE, incoming.usableSpace - ROOM_FOR_OTHERS))
            if (isFolder) DocumentTree(context, uri).addTo(intake) else addZip(uri, intake)
            val bundle = intake.bundle()
            // Class names are read here, so that what is imported can be opened.
            val opened = OpenBundle(IMPORTED, bundle)
            if (opened.content.offers.isEmpty()) {
                throw EdgeException("no file in it runs in this app; export it with --to tflite or --to executorch")
            }
            val name = if (isFolder) DocumentTree(context, uri).name else nameOf(uri)
            return "$IMPORTED/${keep(bundle.folder, name)}"
        } catch (error: IOException) {
            throw EdgeException("it cannot be read (${error.message}); copy it to the device first", error)
        } catch (error: SecurityException) {
            throw EdgeException("Android does not let the app read it; pick it again", error)
        } finally {
            incoming.deleteRecursively()
        }
    }

    /** Forgets an imported bundle. */
    fun remove(id: String) {
        File(imported, id.removePrefix("$IMPORTED/")).deleteRecursively()
    }

    private fun addZip(uri: Uri, intake: BundleIntake) {
        val stream = context.contentResolver.openInputStream(uri) ?: throw IOException("it is gone")
        stream.use(intake::addZip)
    }

    private fun keep(folder: File, wanted: String): String {
        val plain = wanted.replace(NOT_PLAIN, "-").trim('-', '.').take(LONGEST_NAME).ifEmpty { "bundle" }
        val name = generateSequence(1) { it + 1 }
            .map { if (it == 1) plain else "$plain-$it" }
            .first { !File(imported, it).exists() }
        imported.mkdirs()
        if (!folder.renameTo(File(imported, name))) throw EdgeException("it cannot be kept; make room on the device")
        return name
    }

    private fun nameOf(uri: Uri): String {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        val name = context.contentResolver.query(uri, columns, null, null, null)?.use {
            if (it.moveToFirst()) it.getString(0) else null
        }
        return name.orEmpty().removeSuffix(".zip")
    }

    private companion object {
        const val ASSETS = "bundles"
        const val INCLUDED = "included"
        const val IMPORTED = "imported"
        const val LARGEST_BUNDLE = 2_000_000_000L
        const val ROOM_FOR_OTHERS = 100_000_000L
        const val LONGEST_NAME = 60
        val NOT_PLAIN = Regex("[^A-Za-z0-9._-]+")
    }
}
