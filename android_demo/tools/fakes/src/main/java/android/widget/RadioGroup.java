package android.widget;

import android.content.Context;
import android.util.AttributeSet;

/** Stands for Android's. */
public class RadioGroup extends LinearLayout {
    private int checked = -1;

    public RadioGroup(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public void check(int id) {
        checked = id;
    }

    public void clearCheck() {
        checked = -1;
    }

    public int getCheckedRadioButtonId() {
        return checked;
    }
}
