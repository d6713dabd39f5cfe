package android.hardware.camera2;

import android.hardware.camera2.params.StreamConfigurationMap;
import android.hardware.camera2.params.Sizes;
import java.util.HashMap;
import java.util.Map;
import org.lowformer.edge.fakes.Cameras;

/** Stands for Android's. */
public final class CameraCharacteristics {
    public static final Key<int[]> CONTROL_AF_AVAILABLE_MODES = new Key<>();
    public static final Key<Integer> LENS_FACING = new Key<>();
    public static final Key<StreamConfigurationMap> SCALER_STREAM_CONFIGURATION_MAP = new Key<>();
    public static final Key<Integer> SENSOR_ORIENTATION = new Key<>();

    private final Map<Key<?>, Object> values = new HashMap<>();

    /** Stands for Android's. */
    public static final class Key<T> {
        Key() {}
    }

    CameraCharacteristics(Cameras.Camera camera) {
        values.put(CONTROL_AF_AVAILABLE_MODES, camera.focus());
        values.put(LENS_FACING, camera.facing());
        values.put(SENSOR_ORIENTATION, camera.sensor());
        if (camera.frames() != null) {
            values.put(SCALER_STREAM_CONFIGURATION_MAP, Sizes.of(camera.frames(), camera.shown()));
        }
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Key<T> key) {
        return (T) values.get(key);
    }
}
