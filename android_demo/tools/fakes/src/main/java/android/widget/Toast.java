package android.widget;

import android.content.Context;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public class Toast {
    private String text;

    public Toast(Context context) {}

    public static Toast makeText(Context context, int text, int duration) {
        Toast toast = new Toast(context);
        toast.text = context.getString(text);
        return toast;
    }

    public void show() {
        Phone.get().toasts.add(text);
    }
}
