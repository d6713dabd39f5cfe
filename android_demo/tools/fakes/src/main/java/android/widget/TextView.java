package android.widget;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;

/** Stands for Android's. */
public class TextView extends View {
    private CharSequence text = "";
    private int color = 0xFF000000;

    public TextView(Context context) {
        super(context);
    }

    public TextView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public CharSequence getText() {
        return text;
    }

    public final void setText(CharSequence text) {
        requestLayout();
        this.text = text;
    }

    public final int getCurrentTextColor() {
        return color;
    }

    public void setTextColor(int color) {
        invalidate();
        this.color = color;
    }
}
