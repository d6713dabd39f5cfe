package android.hardware.camera2;

import android.view.Surface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Stands for Android's. */
public final class CaptureRequest {
    public static final Key<Integer> CONTROL_AF_MODE = new Key<>();

    final List<Surface> targets;
    final Map<Key<?>, Object> values;

    /** Stands for Android's. */
    public static final class Key<T> {
        Key() {}
    }

    private CaptureRequest(List<Surface> targets, Map<Key<?>, Object> values) {
        this.targets = targets;
        this.values = values;
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Key<T> key) {
        return (T) values.get(key);
    }

    /** Stands for Android's. */
    public static final class Builder {
        private final List<Surface> targets = new ArrayList<>();
        private final Map<Key<?>, Object> values = new HashMap<>();

        Builder() {}

        public void addTarget(Surface surface) {
            targets.add(surface);
        }

        public <T> void set(Key<T> key, T value) {
            values.put(key, value);
        }

        public CaptureRequest build() {
            return new CaptureRequest(targets, values);
        }
    }
}
