package android.media;

import java.io.IOException;
import java.io.InputStream;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: tells the orientation that the test says. */
public class ExifInterface {
    public ExifInterface(InputStream stream) throws IOException {
        if (Phone.get().orientation < 0) throw new IOException("Invalid marker");
    }

    public int getAttributeInt(String tag, int otherwise) {
        return tag.equals("Orientation") ? Phone.get().orientation : otherwise;
    }
}
