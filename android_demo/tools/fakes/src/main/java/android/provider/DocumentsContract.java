package android.provider;

import android.net.Uri;

/** Stands for Android's: documents are called by their URI. */
public final class DocumentsContract {
    public static String getTreeDocumentId(Uri tree) {
        return tree.toString();
    }

    public static Uri buildDocumentUriUsingTree(Uri tree, String id) {
        return Uri.parse(id);
    }

    public static Uri buildChildDocumentsUriUsingTree(Uri tree, String id) {
        return Uri.parse(id + "/children");
    }
}
