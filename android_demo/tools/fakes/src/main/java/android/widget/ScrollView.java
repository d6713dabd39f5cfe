package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class ScrollView extends FrameLayout {
    public ScrollView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
