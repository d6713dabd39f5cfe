package android.hardware.camera2;

import android.os.Handler;
import org.lowformer.edge.fakes.Cameras;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public final class CameraManager {
    public String[] getCameraIdList() throws CameraAccessException {
        fail(Phone.get().cameras.listFailure);
        return Phone.get().cameras.plugged.stream().map(Cameras.Camera::id).toArray(String[]::new);
    }

    public CameraCharacteristics getCameraCharacteristics(String id) {
        return new CameraCharacteristics(find(id));
    }

    public void openCamera(String id, CameraDevice.StateCallback callback, Handler handler)
            throws CameraAccessException {
        Phone phone = Phone.get();
        Cameras cameras = phone.cameras;
        if (!phone.mayUseCamera) throw new SecurityException("Lacking privileges to access camera service");
        Exception failure = cameras.openFailure;
        cameras.openFailure = null;
        fail(failure);
        find(id);
        if (!cameras.open.isEmpty()) phone.violation("camera " + id + " is opened while another is open");
        new OpenCamera(id, callback, handler).begin();
    }

    static void fail(Exception failure) throws CameraAccessException {
        if (failure instanceof CameraAccessException error) throw error;
        if (failure instanceof RuntimeException error) throw error;
    }

    private static Cameras.Camera find(String id) {
        for (Cameras.Camera camera : Phone.get().cameras.plugged) if (camera.id().equals(id)) return camera;
        throw new IllegalArgumentException("there is no camera " + id);
    }
}
