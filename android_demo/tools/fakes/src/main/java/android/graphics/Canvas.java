package android.graphics;

import java.util.ArrayList;
import java.util.List;

/** Stands for Android's: what is drawn on it is written down. */
public class Canvas {
    private final List<String> drawn = new ArrayList<>();

    public Canvas(Bitmap bitmap) {}

    public void drawRect(RectF place, Paint paint) {
        drawn.add((paint.isStroke() ? "frame " : "rectangle ") + place + " " + colour(paint));
    }

    public void drawText(CharSequence text, int start, int end, float x, float y, Paint paint) {
        drawn.add("text " + text.subSequence(start, end) + " " + colour(paint));
    }

    public void drawBitmap(Bitmap bitmap, Rect from, RectF place, Paint paint) {
        drawn.add("picture " + bitmap.getWidth() + "x" + bitmap.getHeight() + " " + place);
    }

    public int save() {
        drawn.add("save");
        return 1;
    }

    public void restore() {
        drawn.add("restore");
    }

    public final void scale(float x, float y, float pivotX, float pivotY) {
        drawn.add("scale " + x + " " + y);
    }

    /** All that was drawn, a line each. */
    @Override
    public String toString() {
        return String.join("\n", drawn);
    }

    private static String colour(Paint paint) {
        return String.format("%08X", paint.getColor());
    }
}
