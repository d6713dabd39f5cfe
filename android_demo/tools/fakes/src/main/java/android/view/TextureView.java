package android.view;

import android.content.Context;
import android.graphics.Matrix;
import android.graphics.SurfaceTexture;
import android.util.AttributeSet;

/** Stands for Android's; {@link Textures} gives it a surface. */
public class TextureView extends View {
    SurfaceTexture texture;
    SurfaceTextureListener listener;
    private boolean isOpaque = true;
    private Matrix transform = new Matrix();

    public TextureView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public SurfaceTexture getSurfaceTexture() {
        return texture;
    }

    public void setSurfaceTextureListener(SurfaceTextureListener listener) {
        this.listener = listener;
    }

    public boolean isOpaque() {
        return isOpaque;
    }

    public void setOpaque(boolean opaque) {
        checkThread();
        isOpaque = opaque;
    }

    public void setTransform(Matrix transform) {
        checkThread();
        this.transform = transform;
    }

    public Matrix getTransform(Matrix into) {
        return transform;
    }

    /** Android's own. */
    public interface SurfaceTextureListener {
        void onSurfaceTextureAvailable(SurfaceTexture texture, int width, int height);

        void onSurfaceTextureSizeChanged(SurfaceTexture texture, int width, int height);

        boolean onSurfaceTextureDestroyed(SurfaceTexture texture);

        void onSurfaceTextureUpdated(SurfaceTexture texture);
    }
}
