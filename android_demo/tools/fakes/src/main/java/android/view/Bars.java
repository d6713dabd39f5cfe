package android.view;

/** Makes insets, which Android alone does. */
public final class Bars {
    public static WindowInsets insets(int left, int top, int right, int bottom) {
        return new WindowInsets(left, top, right, bottom);
    }
}
