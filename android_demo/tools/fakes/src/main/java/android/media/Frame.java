package android.media;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A frame that a reader lent. */
final class Frame extends Image {
    private static final byte GREY = (byte) 128;

    private final ImageReader reader;
    private final int width;
    private final int height;
    private boolean isClosed;

    Frame(ImageReader reader, int width, int height) {
        this.reader = reader;
        this.width = width;
        this.height = height;
    }

    @Override
    public int getWidth() {
        return width;
    }

    @Override
    public int getHeight() {
        return height;
    }

    @Override
    public Plane[] getPlanes() {
        if (isClosed) throw new IllegalStateException("Image is already closed");
        return new Plane[] {plane(width, height), plane(width / 2, height / 2), plane(width / 2, height / 2)};
    }

    @Override
    public void close() {
        if (isClosed) return;
        isClosed = true;
        reader.giveBack();
    }

    private static Plane plane(int width, int height) {
        byte[] bytes = new byte[width * height];
        Arrays.fill(bytes, GREY);
        return new Plane() {
            @Override
            public ByteBuffer getBuffer() {
                return ByteBuffer.wrap(bytes);
            }

            @Override
            public int getRowStride() {
                return width;
            }

            @Override
            public int getPixelStride() {
                return 1;
            }
        };
    }
}
