package android.widget;

import android.content.Context;
import android.util.AttributeSet;
import android.view.ViewGroup;

/** Stands for Android's. */
public class LinearLayout extends ViewGroup {
    public LinearLayout(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
