package android.hardware.camera2.params;

import android.util.Size;

/** Stands for Android's. */
public final class StreamConfigurationMap {
    private final Size[] frames;
    private final Size[] shown;

    StreamConfigurationMap(Size[] frames, Size[] shown) {
        this.frames = frames;
        this.shown = shown;
    }

    public Size[] getOutputSizes(int format) {
        return frames;
    }

    public <T> Size[] getOutputSizes(Class<T> type) {
        return shown;
    }
}
