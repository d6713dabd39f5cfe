package android.text;

import android.graphics.Paint;

/** Stands for Android's. */
public class TextPaint extends Paint {
    public TextPaint(int flags) {
        super(flags);
    }
}
