package android.content;

import android.database.Cursor;
import android.net.Uri;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.util.List;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: gives what the phone's pickers gave. */
public abstract class ContentResolver {
    public final InputStream openInputStream(Uri uri) throws FileNotFoundException {
        try {
            return Phone.get().read(uri.toString());
        } catch (FileNotFoundException error) {
            throw error;
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    public final OutputStream openOutputStream(Uri uri, String mode) throws FileNotFoundException {
        return Phone.get().write(uri.toString());
    }

    public final Cursor query(Uri uri, String[] columns, String where, String[] values, String order) {
        Phone phone = Phone.get();
        phone.queue.meanwhile();
        if (phone.refusal != null) throw phone.refusal;
        List<String[]> rows = phone.folders.get(uri.toString());
        return rows == null ? null : cursor(rows);
    }

    private static Cursor cursor(List<String[]> rows) {
        int[] row = {-1};
        return (Cursor) Proxy.newProxyInstance(
                Cursor.class.getClassLoader(),
                new Class<?>[] {Cursor.class},
                (proxy, method, given) -> switch (method.getName()) {
                    case "moveToFirst" -> {
                        row[0] = 0;
                        yield !rows.isEmpty();
                    }
                    case "moveToNext" -> ++row[0] < rows.size();
                    case "getString" -> rows.get(row[0])[(Integer) given[0]];
                    case "close" -> null;
                    default -> throw new UnsupportedOperationException(method.toString());
                });
    }
}
