package org.lowformer.edge.fakes;

import android.hardware.camera2.OpenCamera;
import android.util.Size;
import java.util.ArrayList;
import java.util.List;

/** The phone's cameras, and what happens to them. */
public final class Cameras {
    /** A camera; facing as {@code CameraCharacteristics.LENS_FACING} says it, null where it tells nothing. */
    public record Camera(String id, Integer facing, Integer sensor, int[] focus, Size[] frames, Size[] shown) {}

    public final List<Camera> plugged = new ArrayList<>();

    /** Those that are open or being opened. */
    public final List<OpenCamera> open = new ArrayList<>();

    public int opened;

    /** What the list of cameras, the next opening, and the next session fail with. */
    public Exception listFailure;

    public Exception openFailure;
    public Exception sessionFailure;

    /** As {@code CameraDevice.StateCallback.onError} says it; null where the next opening is no error. */
    public Integer openError;

    public boolean isConfigureFailing;

    public void plug(String id, Integer facing, int sensor) {
        plug(id, facing, sensor, new int[] {1, 4});
    }

    public void plug(String id, Integer facing, int sensor, int[] focus) {
        Size[] sizes = {new Size(64, 48), new Size(32, 24)};
        plugged.add(new Camera(id, facing, sensor, focus, sizes, sizes));
    }

    /** The camera that works, or will. */
    public OpenCamera current() {
        return open.isEmpty() ? null : open.get(open.size() - 1);
    }

    void forget() {
        open.clear();
        openFailure = null;
        openError = null;
        sessionFailure = null;
        isConfigureFailing = false;
    }
}
