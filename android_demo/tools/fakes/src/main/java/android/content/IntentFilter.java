package android.content;

/** Stands for Android's. */
public class IntentFilter {
    public IntentFilter(String action) {}
}
