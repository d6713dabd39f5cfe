package android.graphics;

/** Stands for Android's. */
public class SurfaceTexture {
    public SurfaceTexture(int name) {}

    public void setDefaultBufferSize(int width, int height) {}
}
