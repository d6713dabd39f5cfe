package android.media;

import java.nio.ByteBuffer;

/** Stands for Android's: one of {@link ImageReader}'s frames, grey all over. */
public abstract class Image implements AutoCloseable {
    public abstract int getWidth();

    public abstract int getHeight();

    public abstract Plane[] getPlanes();

    @Override
    public abstract void close();

    /** Stands for Android's. */
    public abstract static class Plane {
        public abstract ByteBuffer getBuffer();

        public abstract int getRowStride();

        public abstract int getPixelStride();
    }
}
