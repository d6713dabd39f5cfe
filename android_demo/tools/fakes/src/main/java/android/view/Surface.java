package android.view;

import android.graphics.SurfaceTexture;

/** Stands for Android's. */
public class Surface {
    private boolean isValid = true;

    public Surface(SurfaceTexture texture) {}

    public boolean isValid() {
        return isValid;
    }

    public void release() {
        isValid = false;
    }
}
