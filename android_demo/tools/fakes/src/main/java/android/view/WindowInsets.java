package android.view;

/** Stands for Android's. */
public final class WindowInsets {
    private final int[] sides;

    WindowInsets(int... sides) {
        this.sides = sides;
    }

    public int getSystemWindowInsetLeft() {
        return sides[0];
    }

    public int getSystemWindowInsetTop() {
        return sides[1];
    }

    public int getSystemWindowInsetRight() {
        return sides[2];
    }

    public int getSystemWindowInsetBottom() {
        return sides[3];
    }
}
