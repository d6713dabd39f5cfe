package android.graphics;

import java.nio.Buffer;
import java.nio.ByteBuffer;

/** Stands for Android's: pixels of eight bits a channel, not multiplied with alpha. */
public final class Bitmap {
    private static final int MOST_COPIED = 10_000;

    private final int width;
    private final int height;
    private final int[] pixels;
    private boolean isRecycled;
    private boolean isPremultiplied = true;
    private Config config = Config.ARGB_8888;

    /** As Android's, as far as they are met. */
    public enum Config {
        ALPHA_8,
        RGB_565,
        ARGB_8888,
    }

    private Bitmap(int width, int height) {
        this.width = width;
        this.height = height;
        pixels = new int[width * height];
    }

    public static Bitmap createBitmap(int width, int height, Config config) {
        Bitmap bitmap = new Bitmap(width, height);
        bitmap.config = config;
        return bitmap;
    }

    public static Bitmap createBitmap(int[] colors, int width, int height, Config config) {
        Bitmap bitmap = createBitmap(width, height, config);
        bitmap.setPixels(colors, 0, width, 0, 0, width, height);
        return bitmap;
    }

    /** Turned and mirrored by quarters alone. */
    public static Bitmap createBitmap(
            Bitmap source, int x, int y, int width, int height, Matrix matrix, boolean filter) {
        float[] corners = {0, 0, width, height};
        matrix.mapPoints(corners);
        float left = Math.min(corners[0], corners[2]);
        float top = Math.min(corners[1], corners[3]);
        Bitmap made = new Bitmap(Math.round(Math.abs(corners[2] - corners[0])),
                Math.round(Math.abs(corners[3] - corners[1])));
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                float[] point = {column + 0.5f, row + 0.5f};
                matrix.mapPoints(point);
                int to = (int) (point[1] - top) * made.width + (int) (point[0] - left);
                made.pixels[to] = source.pixels[(y + row) * source.width + x + column];
            }
        }
        return made;
    }

    public int getWidth() {
        return width;
    }

    public int getHeight() {
        return height;
    }

    public Config getConfig() {
        return config;
    }

    public int getRowBytes() {
        return 4 * width;
    }

    public int getByteCount() {
        return getRowBytes() * height;
    }

    public boolean isPremultiplied() {
        return isPremultiplied;
    }

    public void setPremultiplied(boolean premultiplied) {
        isPremultiplied = premultiplied;
    }

    public boolean isRecycled() {
        return isRecycled;
    }

    public void recycle() {
        isRecycled = true;
    }

    public int getPixel(int x, int y) {
        return pixels[y * width + x];
    }

    /** Android gives null where there is no room. */
    public Bitmap copy(Config config, boolean isMutable) {
        return width * height > MOST_COPIED ? null : createBitmap(pixels, width, height, config);
    }

    /** Android tells those of bitmaps in the GPU's memory to nobody; {@code ALPHA_8} stands for them. */
    public void getPixels(int[] into, int offset, int stride, int x, int y, int width, int height) {
        if (config == Config.ALPHA_8) throw new IllegalStateException("unable to getPixels()");
        for (int row = 0; row < height; row++) {
            System.arraycopy(pixels, (y + row) * this.width + x, into, offset + row * stride, width);
        }
    }

    public void setPixels(int[] colors, int offset, int stride, int x, int y, int width, int height) {
        for (int row = 0; row < height; row++) {
            System.arraycopy(colors, offset + row * stride, pixels, (y + row) * this.width + x, width);
        }
    }

    public void copyPixelsToBuffer(Buffer into) {
        if (isRecycled) throw new IllegalStateException("the bitmap is recycled");
        for (int pixel : pixels) ((ByteBuffer) into).putInt(Integer.rotateLeft(pixel, 8));
    }
}
