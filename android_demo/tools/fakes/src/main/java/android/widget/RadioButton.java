package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class RadioButton extends Button {
    public RadioButton(Context context, AttributeSet attributes) {
        super(context, attributes);
    }
}
