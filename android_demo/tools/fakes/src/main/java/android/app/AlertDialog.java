package android.app;

import android.content.Context;
import android.content.DialogInterface;
import android.widget.Button;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public class AlertDialog implements DialogInterface {
    private final Builder asked;
    private boolean isShowing = true;

    private AlertDialog(Builder asked) {
        this.asked = asked;
    }

    public boolean isShowing() {
        return isShowing;
    }

    public Button getButton(int which) {
        OnClickListener listener = which == DialogInterface.BUTTON_POSITIVE ? asked.positive : asked.negative;
        Button button = new Button(asked.context);
        button.setText(which == DialogInterface.BUTTON_POSITIVE ? asked.yes : asked.no);
        button.setOnClickListener(view -> {
            dismiss();
            if (listener != null) listener.onClick(this, which);
        });
        return button;
    }

    @Override
    public void cancel() {
        dismiss();
    }

    @Override
    public void dismiss() {
        isShowing = false;
    }

    /** What it says. */
    @Override
    public String toString() {
        return asked.message.toString();
    }

    /** Stands for Android's. */
    public static class Builder {
        private final Context context;
        private CharSequence message;
        private CharSequence yes;
        private CharSequence no;
        private OnClickListener positive;
        private OnClickListener negative;

        public Builder(Context context) {
            this.context = context;
        }

        public Builder setMessage(CharSequence message) {
            this.message = message;
            return this;
        }

        public Builder setPositiveButton(int text, OnClickListener listener) {
            yes = context.getString(text);
            positive = listener;
            return this;
        }

        public Builder setNegativeButton(int text, OnClickListener listener) {
            no = context.getString(text);
            negative = listener;
            return this;
        }

        public AlertDialog show() {
            AlertDialog dialog = new AlertDialog(this);
            Phone.get().dialog = dialog;
            return dialog;
        }
    }
}
