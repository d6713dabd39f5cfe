package android.hardware.camera2;

import android.media.Frames;
import android.os.Handler;
import android.view.Surface;
import java.util.List;
import org.lowformer.edge.fakes.Cameras;
import org.lowformer.edge.fakes.Phone;

/** A camera that the app has asked for, until it is closed. */
public final class OpenCamera extends CameraDevice {
    private final String id;
    private final StateCallback callback;
    private final Handler handler;
    private final Cameras cameras = Phone.get().cameras;
    private boolean isLost;
    private boolean isClosed;

    /** What it takes over and over; null until it is told. */
    public CaptureRequest request;

    OpenCamera(String id, StateCallback callback, Handler handler) {
        this.id = id;
        this.callback = callback;
        this.handler = handler;
    }

    void begin() {
        cameras.open.add(this);
        Integer error = cameras.openError;
        cameras.openError = null;
        if (error != null) {
            fail(error);
        } else {
            handler.post(this::opened);
        }
    }

    @Override
    public String getId() {
        return id;
    }

    @Override
    public void createCaptureSession(
            List<Surface> outputs, CameraCaptureSession.StateCallback callback, Handler handler)
            throws CameraAccessException {
        check();
        Exception failure = cameras.sessionFailure;
        cameras.sessionFailure = null;
        CameraManager.fail(failure);
        checkSurfaces(outputs);
        boolean isFailing = cameras.isConfigureFailing;
        cameras.isConfigureFailing = false;
        CameraCaptureSession session = new Session();
        handler.post(() -> {
            // Android says nothing of the session of a camera that was closed meanwhile but that it failed.
            if (isFailing || isClosed) {
                callback.onConfigureFailed(session);
            } else {
                callback.onConfigured(session);
            }
        });
    }

    @Override
    public CaptureRequest.Builder createCaptureRequest(int template) throws CameraAccessException {
        check();
        return new CaptureRequest.Builder();
    }

    @Override
    public void close() {
        if (isClosed) return;
        isClosed = true;
        cameras.open.remove(this);
        handler.post(() -> callback.onClosed(this));
    }

    /** Another app takes it, or it is unplugged. */
    public void lose() {
        if (isLost || isClosed) return;
        isLost = true;
        handler.post(() -> callback.onDisconnected(this));
    }

    /** As {@code StateCallback.onError} says it. */
    public void fail(int error) {
        if (isLost || isClosed) return;
        isLost = true;
        handler.post(() -> callback.onError(this, error));
    }

    /** A frame arrives, if it takes any. */
    public void shoot() {
        if (isLost || isClosed || request == null) return;
        for (Surface surface : request.targets) Frames.arrive(surface);
    }

    private void opened() {
        // Android tells nothing of what was closed before it was open.
        if (isLost || isClosed) return;
        cameras.opened++;
        callback.onOpened(this);
    }

    private void check() throws CameraAccessException {
        if (isClosed) throw new IllegalStateException("CameraDevice was already closed");
        if (isLost) throw new CameraAccessException(CameraAccessException.CAMERA_DISCONNECTED);
    }

    private static void checkSurfaces(List<Surface> surfaces) {
        for (Surface surface : surfaces) {
            if (!surface.isValid()) throw new IllegalArgumentException("Surface was abandoned");
        }
    }

    private final class Session extends CameraCaptureSession {
        @Override
        public int setRepeatingRequest(CaptureRequest wanted, CaptureCallback callback, Handler handler)
                throws CameraAccessException {
            check();
            checkSurfaces(wanted.targets);
            request = wanted;
            return 1;
        }

        @Override
        public void close() {
            request = null;
        }
    }
}
