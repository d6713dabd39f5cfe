package android.graphics;

/** Stands for Android's class: colours in memory, which none but plain bitmaps tell. */
public final class Bitmap {
    public enum Config {
        ARGB_8888,
        RGB_565
    }

    private final int[] colours;
    private final int width;
    private final int height;
    private final Config config;

    private Bitmap(int[] colours, int width, int height, Config config) {
        this.colours = colours;
        this.width = width;
        this.height = height;
        this.config = config;
    }

    public static Bitmap createBitmap(int[] colours, int width, int height, Config config) {
        return new Bitmap(colours.clone(), width, height, config);
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

    public Bitmap copy(Config config, boolean isMutable) {
        return createBitmap(colours, width, height, config);
    }

    public void getPixels(int[] into, int offset, int stride, int x, int y, int columns, int rows) {
        if (config != Config.ARGB_8888) {
            throw new IllegalStateException("the pixels of a bitmap of " + config + " are not told here");
        }
        for (int row = 0; row < rows; row++) {
            System.arraycopy(colours, (y + row) * width + x, into, offset + row * stride, columns);
        }
    }
}
