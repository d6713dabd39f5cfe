package android.text;

/** Stands for Android's. */
public class TextUtils {
    /** Android's own. */
    public enum TruncateAt {
        START,
        MIDDLE,
        END,
        MARQUEE,
    }

    public static CharSequence ellipsize(CharSequence text, TextPaint paint, float room, TruncateAt where) {
        int fits = text.length();
        if (paint.measureText(text, 0, fits) <= room) return text;
        while (fits > 0 && paint.measureText(text, 0, fits + 1) > room) fits--;
        return text.subSequence(0, fits) + "\u2026";
    }
}
