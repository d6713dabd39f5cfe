package org.lowformer.edge.runtime

import android.content.Context
import org.lowformer.edge.core.EdgeException
import java.io.File
import java.io.IOException

/** Bundles of an app's assets as folders; those of the app's former versions are removed. For one thread at a time. */
internal class UnpackedAssets(private val context: Context) {
    private val root = File(context.noBackupFilesDir, "unpacked")

    /** @throws EdgeException there is no such folder of assets, or it cannot be unpacked. */
    fun folder(assets: String): File {
        val name = assets.replace('/', '-')
        val folder = File(root, "$name-${version()}")
        if (!folder.exists()) unpack(assets, name, folder)
        return folder
    }

    private fun version(): Long = context.packageManager.getPackageInfo(context.packageName, 0).lastUpdateTime

    /** Unpacks into a folder of another name first, so that there is all of it or nothing. */
    private fun unpack(assets: String, name: String, folder: File) {
        val older = root.listFiles().orEmpty().filter { it.name.substringBeforeLast('-') == name }
        older.forEach(File::deleteRecursively)
        val part = File(root, "$name.part")
        part.deleteRecursively()
        try {
            copy(assets, part)
        } catch (error: IOException) {
            part.deleteRecursively()
            throw EdgeException("$assets: cannot be unpacked (${error.message}); make room on the device", error)
        }
        if (!part.renameTo(folder)) throw EdgeException("$assets: cannot be unpacked; make room on the device")
    }

    /** An asset is a folder where it has parts; empty folders there are none. */
    private fun copy(path: String, target: File) {
        val parts = context.assets.list(path).orEmpty()
        if (parts.isEmpty()) {
            target.parentFile?.mkdirs()
            context.assets.open(path).use { from -> target.outputStream().use { from.copyTo(it) } }
        }
        for (part in parts) copy("$path/$part", File(target, part))
    }
}
