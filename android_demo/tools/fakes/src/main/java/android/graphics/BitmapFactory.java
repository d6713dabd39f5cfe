package android.graphics;

import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: decodes what Java does, and reduces by leaving pixels out. */
public class BitmapFactory {
    /** Stands for Android's. */
    public static class Options {
        public boolean inJustDecodeBounds;
        public boolean inPremultiplied = true;
        public boolean inScaled = true;
        public int inSampleSize = 1;
        public int outWidth;
        public int outHeight;
    }

    public static Bitmap decodeFile(String path, Options options) {
        Phone.get().queue.meanwhile();
        BufferedImage image = image(path);
        options.outWidth = image == null ? -1 : image.getWidth();
        options.outHeight = image == null ? -1 : image.getHeight();
        if (image == null || options.inJustDecodeBounds) return null;
        int step = Math.max(1, options.inSampleSize);
        int width = Math.max(1, image.getWidth() / step);
        int height = Math.max(1, image.getHeight() / step);
        boolean isDeep = image.getColorModel().getComponentSize(0) > 8;
        Bitmap.Config config = isDeep ? Bitmap.Config.RGB_565 : Bitmap.Config.ARGB_8888;
        Bitmap bitmap = Bitmap.createBitmap(width, height, config);
        int[] pixels = new int[width * height];
        for (int index = 0; index < pixels.length; index++) {
            pixels[index] = image.getRGB(index % width * step, index / width * step);
        }
        bitmap.setPixels(pixels, 0, width, 0, 0, width, height);
        bitmap.setPremultiplied(options.inPremultiplied);
        return bitmap;
    }

    private static BufferedImage image(String path) {
        try {
            return ImageIO.read(new File(path));
        } catch (IOException error) {
            return null;
        }
    }
}
