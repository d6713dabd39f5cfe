package android.graphics;

/** Stands for Android's. */
public final class Rect {
    public Rect(int left, int top, int right, int bottom) {}
}
