package android.graphics;

/** Stands for Android's. */
public class RectF {
    public float left;
    public float top;
    public float right;
    public float bottom;

    public RectF(float left, float top, float right, float bottom) {
        this.left = left;
        this.top = top;
        this.right = right;
        this.bottom = bottom;
    }

    public final float centerX() {
        return (left + right) / 2;
    }

    public final float centerY() {
        return (top + bottom) / 2;
    }

    @Override
    public String toString() {
        return left + " " + top + " " + right + " " + bottom;
    }
}
