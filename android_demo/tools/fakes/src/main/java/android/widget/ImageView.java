package android.widget;

import android.content.Context;
import android.graphics.Bitmap;
import android.util.AttributeSet;
import android.view.View;

/** Stands for Android's. */
public class ImageView extends View {
    public ImageView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public void setImageBitmap(Bitmap bitmap) {
        invalidate();
        if (bitmap != null && (bitmap.isRecycled() || !bitmap.isPremultiplied())) {
            throw new IllegalArgumentException("such a bitmap cannot be drawn");
        }
    }
}
