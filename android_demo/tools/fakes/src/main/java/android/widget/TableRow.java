package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class TableRow extends LinearLayout {
    public TableRow(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
