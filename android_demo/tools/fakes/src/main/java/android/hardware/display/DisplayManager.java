package android.hardware.display;

import android.os.Handler;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public final class DisplayManager {
    /** Android's own. */
    public interface DisplayListener {
        void onDisplayAdded(int display);

        void onDisplayRemoved(int display);

        void onDisplayChanged(int display);
    }

    public void registerDisplayListener(DisplayListener listener, Handler handler) {
        Phone.get().displays = listener;
    }

    public void unregisterDisplayListener(DisplayListener listener) {
        if (Phone.get().displays == listener) Phone.get().displays = null;
    }
}
