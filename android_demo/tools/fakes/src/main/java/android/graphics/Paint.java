package android.graphics;

/** Stands for Android's: letters are as wide as half their size. */
public class Paint {
    public static final int ANTI_ALIAS_FLAG = 1;

    private Style style = Style.FILL;
    private int color = 0xFF000000;
    private float size = 12;

    /** Android's own. */
    public enum Style {
        FILL,
        STROKE,
        FILL_AND_STROKE,
    }

    public Paint() {}

    public Paint(int flags) {}

    public void setStyle(Style style) {
        this.style = style;
    }

    boolean isStroke() {
        return style == Style.STROKE;
    }

    public void setStrokeWidth(float width) {}

    public int getColor() {
        return color;
    }

    public void setColor(int color) {
        this.color = color;
    }

    public void setTextSize(float size) {
        this.size = size;
    }

    public float measureText(CharSequence text, int start, int end) {
        return size / 2 * (end - start);
    }

    public float ascent() {
        return -size;
    }

    public float descent() {
        return size / 4;
    }
}
