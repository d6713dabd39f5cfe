package org.lowformer.edge

import android.content.Context
import android.net.Uri
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.util.Locale
import org.lowformer.edge.core.EdgeException
import org.lowformer.edge.lab.BenchmarkReport
import org.lowformer.edge.screen.SavedBenchmark

/** Keeps the last benchmarks' reports. For one thread at a time. */
internal class ReportStore(private val context: Context) {
    private val folder = File(context.noBackupFilesDir, "reports")

    /** What is kept, the newest first; what is damaged is left out. */
    fun list(): List<SavedBenchmark> = files().mapNotNull { file ->
        try {
            saved(file, read(file.name))
        } catch (_: EdgeException) {
            null
        }
    }

    /** @throws EdgeException it is gone or damaged. */
    fun read(id: String): BenchmarkReport = try {
        BenchmarkReport.parse(File(folder, id).readText())
    } catch (error: IOException) {
        throw EdgeException("the report cannot be read (${error.message}); measure again", error)
    }

    /**
     * Keeps a report, and forgets the oldest.
     *
     * @throws EdgeException there is no room.
     */
    fun keep(report: BenchmarkReport): SavedBenchmark {
        folder.mkdirs()
        val last = files().firstOrNull()?.nameWithoutExtension?.toLongOrNull() ?: 0
        // Names tell the order, whatever becomes of the clock.
        val file = File(folder, "%012d$SUFFIX".format(Locale.ROOT, last + 1))
        val part = File(folder, "report.part")
        try {
            FileOutputStream(part).use { stream ->
                stream.write(report.text.toByteArray())
                stream.fd.sync()
            }
        } catch (error: IOException) {
            part.delete()
            throw EdgeException("the report cannot be kept (${error.message}); make room on the device", error)
        }
        if (!part.renameTo(file)) throw EdgeException("the report cannot be kept; make room on the device")
        files().drop(MOST).forEach { it.delete() }
        return saved(file, report)
    }

    /**
     * Writes a report where a picker was shown.
     *
     * @throws EdgeException it is gone, or nothing can be written there.
     */
    fun save(id: String, uri: Uri) {
        val text = read(id).text
        try {
            // An older file at the place may be longer.
            val stream = context.contentResolver.openOutputStream(uri, "wt") ?: throw IOException("it is gone")
            stream.use { it.write(text.toByteArray()) }
        } catch (error: IOException) {
            throw EdgeException("It cannot be written (${error.message}); choose another place", error)
        } catch (error: SecurityException) {
            throw EdgeException("Android does not let the app write there; choose another place", error)
        }
    }

    private fun files(): List<File> =
        folder.listFiles { file -> file.name.endsWith(SUFFIX) }.orEmpty().sortedByDescending { it.name }

    private fun saved(file: File, report: BenchmarkReport) = SavedBenchmark(file.name, report.name, report.created)

    private companion object {
        const val SUFFIX = ".json"
        const val MOST = 20
    }
}
