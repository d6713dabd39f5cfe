package android.view;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public final class Display {
    public int getRotation() {
        return Phone.get().rotation;
    }
}
