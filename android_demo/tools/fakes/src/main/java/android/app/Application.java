package android.app;

import android.content.Context;

/** Stands for Android's. */
public class Application extends Context {
    public void onCreate() {}

    public void onTrimMemory(int level) {}
}
