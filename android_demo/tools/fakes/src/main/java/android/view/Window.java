package android.view;

import android.content.Context;

/** Stands for Android's. */
public abstract class Window {
    public Window(Context context) {}

    public abstract View getDecorView();

    public void addFlags(int flags) {}
}
