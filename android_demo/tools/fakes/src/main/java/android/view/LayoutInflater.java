package android.view;

import android.content.Context;
import org.lowformer.edge.fakes.Layouts;
import org.lowformer.edge.fakes.Values;

/** Stands for Android's, which is abstract. */
public class LayoutInflater {
    private final Context context;

    private LayoutInflater(Context context) {
        this.context = context;
    }

    public static LayoutInflater from(Context context) {
        return new LayoutInflater(context);
    }

    /** @return the root, if what was made was added to it. */
    public View inflate(int layout, ViewGroup root, boolean adds) {
        View made = Layouts.inflate(context, Values.name("layout", layout));
        if (!adds) return made;
        root.addView(made);
        return root;
    }
}
