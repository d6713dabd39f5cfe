package android.view;

import android.content.Context;
import android.content.res.Resources;
import android.graphics.Canvas;
import android.os.Looper;
import android.util.AttributeSet;
import org.lowformer.edge.fakes.Values;

/** Stands for Android's: knows its place, and what was set; it draws and measures only what is asked. */
public class View {
    public static final int VISIBLE = 0;
    public static final int GONE = 8;
    private static final String ANDROID = "http://schemas.android.com/apk/res/android";
    private static int made = 1;

    private final Context context;
    private int id = -1;
    private int visibility = VISIBLE;
    private boolean isEnabled = true;
    private boolean staysOn;
    private float alpha = 1;
    private int importance;
    private CharSequence description;
    private int[] padding = new int[4];
    private OnClickListener onClick;
    private OnApplyWindowInsetsListener onInsets;
    private int width;
    private int height;
    private int measuredWidth;
    private int measuredHeight;

    public View(Context context) {
        this.context = context;
    }

    public View(Context context, AttributeSet attributes) {
        this(context);
        String name = written(attributes, "id");
        if (name != null) id = Values.number("id", name.substring(name.indexOf('/') + 1));
        if ("gone".equals(written(attributes, "visibility"))) visibility = GONE;
    }

    /** What a layout says of a property. */
    static String written(AttributeSet attributes, String name) {
        return attributes.getAttributeValue(ANDROID, name);
    }

    public static int generateViewId() {
        return made++;
    }

    public final Context getContext() {
        return context;
    }

    public Resources getResources() {
        return context.getResources();
    }

    public int getId() {
        return id;
    }

    public void setId(int id) {
        this.id = id;
    }

    public View findViewById(int wanted) {
        return id == wanted ? this : null;
    }

    public int getVisibility() {
        return visibility;
    }

    public void setVisibility(int visibility) {
        checkThread();
        this.visibility = visibility;
    }

    public boolean isEnabled() {
        return isEnabled;
    }

    public void setEnabled(boolean enabled) {
        checkThread();
        isEnabled = enabled;
    }

    public void setSaveEnabled(boolean enabled) {}

    public boolean getKeepScreenOn() {
        return staysOn;
    }

    public void setKeepScreenOn(boolean on) {
        checkThread();
        staysOn = on;
    }

    public float getAlpha() {
        return alpha;
    }

    public void setAlpha(float alpha) {
        checkThread();
        this.alpha = alpha;
    }

    public int getImportantForAccessibility() {
        return importance;
    }

    public void setImportantForAccessibility(int importance) {
        this.importance = importance;
    }

    public CharSequence getContentDescription() {
        return description;
    }

    public void setContentDescription(CharSequence description) {
        checkThread();
        this.description = description;
    }

    public int getPaddingLeft() {
        return padding[0];
    }

    public int getPaddingTop() {
        return padding[1];
    }

    public void setPadding(int left, int top, int right, int bottom) {
        padding = new int[] {left, top, right, bottom};
    }

    public void setOnClickListener(OnClickListener listener) {
        onClick = listener;
    }

    public boolean performClick() {
        if (onClick == null) return false;
        onClick.onClick(this);
        return true;
    }

    public void setOnApplyWindowInsetsListener(OnApplyWindowInsetsListener listener) {
        onInsets = listener;
    }

    public WindowInsets dispatchApplyWindowInsets(WindowInsets insets) {
        return onInsets == null ? insets : onInsets.onApplyWindowInsets(this, insets);
    }

    public Display getDisplay() {
        return new Display();
    }

    public final int getWidth() {
        return width;
    }

    public final int getHeight() {
        return height;
    }

    public void layout(int left, int top, int right, int bottom) {
        width = right - left;
        height = bottom - top;
    }

    public final void measure(int width, int height) {
        onMeasure(width, height);
    }

    protected void onMeasure(int width, int height) {
        setMeasuredDimension(MeasureSpec.getSize(width), MeasureSpec.getSize(height));
    }

    protected final void setMeasuredDimension(int width, int height) {
        measuredWidth = width;
        measuredHeight = height;
    }

    public final int getMeasuredWidth() {
        return measuredWidth;
    }

    public final int getMeasuredHeight() {
        return measuredHeight;
    }

    public void requestLayout() {
        checkThread();
    }

    public void invalidate() {
        checkThread();
    }

    public void draw(Canvas canvas) {
        onDraw(canvas);
    }

    protected void onDraw(Canvas canvas) {}

    /** As Android's views, which throw. */
    void checkThread() {
        if (Looper.myLooper() != Looper.getMainLooper()) {
            throw new IllegalStateException("Only the main thread may touch a view");
        }
    }

    /** Android's own. */
    public interface OnClickListener {
        void onClick(View view);
    }

    /** Android's own. */
    public interface OnApplyWindowInsetsListener {
        WindowInsets onApplyWindowInsets(View view, WindowInsets insets);
    }

    /** Stands for Android's. */
    public static class MeasureSpec {
        public static final int UNSPECIFIED = 0;
        public static final int EXACTLY = 1 << 30;
        private static final int MODES = 3 << 30;

        public static int makeMeasureSpec(int size, int mode) {
            return size & ~MODES | mode & MODES;
        }

        public static int getMode(int spec) {
            return spec & MODES;
        }

        public static int getSize(int spec) {
            return spec & ~MODES;
        }
    }
}
