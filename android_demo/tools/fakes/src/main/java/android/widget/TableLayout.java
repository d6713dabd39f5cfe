package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class TableLayout extends LinearLayout {
    public TableLayout(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
