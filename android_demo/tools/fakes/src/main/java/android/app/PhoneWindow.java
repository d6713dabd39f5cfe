package android.app;

import android.view.LayoutInflater;
import android.view.View;
import android.view.Window;
import android.widget.FrameLayout;

/** The window of an activity. */
final class PhoneWindow extends Window {
    private final Activity activity;
    private final FrameLayout decor;
    private int flags;

    PhoneWindow(Activity activity) {
        super(activity);
        this.activity = activity;
        decor = new FrameLayout(activity);
    }

    void show(int layout) {
        decor.removeAllViews();
        LayoutInflater.from(activity).inflate(layout, decor, true);
    }

    @Override
    public View getDecorView() {
        return decor;
    }

    @Override
    public void addFlags(int added) {
        flags |= added;
    }
}
