package android.view;

import android.content.Context;
import android.util.AttributeSet;
import java.util.ArrayList;
import java.util.List;

/** Stands for Android's. */
public abstract class ViewGroup extends View {
    private final List<View> children = new ArrayList<>();

    public ViewGroup(Context context) {
        super(context);
    }

    public ViewGroup(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public void addView(View child) {
        checkThread();
        children.add(child);
    }

    public void removeAllViews() {
        checkThread();
        children.clear();
    }

    public int getChildCount() {
        return children.size();
    }

    public View getChildAt(int index) {
        return children.get(index);
    }

    public void setClipChildren(boolean clip) {}

    @Override
    public View findViewById(int wanted) {
        View found = super.findViewById(wanted);
        for (int index = 0; found == null && index < children.size(); index++) {
            found = children.get(index).findViewById(wanted);
        }
        return found;
    }
}
