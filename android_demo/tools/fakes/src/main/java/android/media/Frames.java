package android.media;

import android.view.Surface;

/** Hands frames to readers, as a camera's driver does. */
public final class Frames {
    public static void arrive(Surface surface) {
        ImageReader reader = ImageReader.of(surface);
        if (reader != null) reader.receive();
    }
}
