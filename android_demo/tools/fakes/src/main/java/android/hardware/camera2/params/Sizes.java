package android.hardware.camera2.params;

import android.util.Size;

/** Makes a camera's sizes, which Android alone does. */
public final class Sizes {
    public static StreamConfigurationMap of(Size[] frames, Size[] shown) {
        return new StreamConfigurationMap(frames, shown);
    }
}
