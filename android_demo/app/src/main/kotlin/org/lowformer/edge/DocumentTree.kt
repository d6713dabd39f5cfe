package org.lowformer.edge

import android.content.Context
import android.net.Uri
import android.provider.DocumentsContract
import android.provider.DocumentsContract.Document
import java.io.IOException
import org.lowformer.edge.core.BundleIntake
import org.lowformer.edge.core.EdgeException

/** A folder that was picked with Android's picker. */
internal class DocumentTree(private val context: Context, private val tree: Uri) {
    private val root: String = DocumentsContract.getTreeDocumentId(tree)

    /** The folder's own name. */
    val name: String
        get() {
            val uri = DocumentsContract.buildDocumentUriUsingTree(tree, root)
            return query(uri).firstOrNull()?.name.orEmpty()
        }

    /**
     * Hands over all files, at any depth that a bundle has.
     *
     * @throws EdgeException it is no bundle's.
     * @throws IOException a file or folder cannot be read.
     */
    fun addTo(intake: BundleIntake) = addFolder(root, "", intake)

    private fun addFolder(id: String, prefix: String, intake: BundleIntake) {
        for (child in query(DocumentsContract.buildChildDocumentsUriUsingTree(tree, id))) {
            val path = prefix + child.name
            if (child.isFolder) {
                intake.checkFolder(path)
                addFolder(child.id, "$path/", intake)
            } else {
                val uri = DocumentsContract.buildDocumentUriUsingTree(tree, child.id)
                val stream = context.contentResolver.openInputStream(uri) ?: throw IOException("$path is gone")
                stream.use { intake.add(path, it) }
            }
        }
    }

    private fun query(uri: Uri): List<Child> {
        val cursor = context.contentResolver.query(uri, COLUMNS, null, null, null)
            ?: throw IOException("the folder cannot be listed")
        return cursor.use {
            generateSequence { if (it.moveToNext()) it else null }
                .map { row -> Child(row.getString(0), row.getString(1), row.getString(2) == Document.MIME_TYPE_DIR) }
                .toList()
        }
    }

    private class Child(val id: String, val name: String, val isFolder: Boolean)

    private companion object {
        val COLUMNS = arrayOf(Document.COLUMN_DOCUMENT_ID, Document.COLUMN_DISPLAY_NAME, Document.COLUMN_MIME_TYPE)
    }
}
