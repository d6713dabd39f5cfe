package android.hardware.camera2;

import android.os.Handler;

/** Stands for Android's. */
public abstract class CameraCaptureSession implements AutoCloseable {
    public abstract int setRepeatingRequest(CaptureRequest request, CaptureCallback callback, Handler handler)
            throws CameraAccessException;

    @Override
    public abstract void close();

    /** Stands for Android's. */
    public abstract static class StateCallback {
        public abstract void onConfigured(CameraCaptureSession session);

        public abstract void onConfigureFailed(CameraCaptureSession session);
    }

    /** Stands for Android's. */
    public abstract static class CaptureCallback {}
}
