package android.widget;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;

/** Stands for Android's. */
public class ProgressBar extends View {
    private int max;
    private int progress;
    private boolean isIndeterminate;

    public ProgressBar(Context context, AttributeSet attributes) {
        super(context, attributes);
        String written = attributes.getAttributeValue("http://schemas.android.com/apk/res/android", "max");
        max = written == null ? 100 : Integer.parseInt(written);
    }

    public int getMax() {
        return max;
    }

    public void setMax(int max) {
        requestLayout();
        this.max = max;
    }

    public int getProgress() {
        return progress;
    }

    public void setProgress(int progress) {
        invalidate();
        this.progress = progress;
    }

    public boolean isIndeterminate() {
        return isIndeterminate;
    }

    public void setIndeterminate(boolean indeterminate) {
        isIndeterminate = indeterminate;
    }
}
