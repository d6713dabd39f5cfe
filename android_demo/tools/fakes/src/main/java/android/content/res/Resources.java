package android.content.res;

import java.util.Locale;
import org.lowformer.edge.fakes.Values;

/** Stands for Android's: the app's own texts and lengths, on a screen of two pixels a unit. */
public class Resources {
    private static final float DENSITY = 2f;
    private static final int PACKAGE = 24;
    private static final int ANDROID = 1;
    private final AssetManager assets = new AssetManager();

    public final AssetManager getAssets() {
        return assets;
    }

    /** Of Android's own texts the app has one. */
    public String getString(int number) {
        if (number >>> PACKAGE == ANDROID) return "OK";
        return Values.text("string", Values.name("string", number));
    }

    public String getString(int number, Object... arguments) {
        return String.format(Locale.ROOT, getString(number), arguments);
    }

    public String getQuantityString(int number, int count, Object... arguments) {
        String quantity = count == 1 ? "plurals/one" : "plurals/other";
        return String.format(Locale.ROOT, Values.text(quantity, Values.name("plurals", number)), arguments);
    }

    public float getDimension(int number) {
        String text = Values.text("dimen", Values.name("dimen", number));
        return DENSITY * Float.parseFloat(text.substring(0, text.length() - 2));
    }

    public int getDimensionPixelSize(int number) {
        return Math.round(getDimension(number));
    }

    public int getColor(int number) {
        return (int) Long.parseLong(Values.text("color", Values.name("color", number)).substring(1), 16);
    }
}
