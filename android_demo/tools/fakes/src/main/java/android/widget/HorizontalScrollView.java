package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class HorizontalScrollView extends FrameLayout {
    public HorizontalScrollView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
