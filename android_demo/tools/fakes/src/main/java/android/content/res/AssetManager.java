package android.content.res;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: the phone's {@code assets}. */
public final class AssetManager {
    public String[] list(String path) throws IOException {
        String[] names = new File(Phone.get().assets, path).list();
        return names == null ? new String[0] : names;
    }

    public InputStream open(String path) throws IOException {
        Phone.get().queue.meanwhile();
        return new FileInputStream(new File(Phone.get().assets, path));
    }
}
