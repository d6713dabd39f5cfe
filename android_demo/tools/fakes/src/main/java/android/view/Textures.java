package android.view;

import android.graphics.SurfaceTexture;
import android.os.Handler;
import android.os.Looper;
import java.util.ArrayList;
import java.util.List;

/** Gives texture views their surfaces, some time after they are seen, and takes them away. */
public final class Textures {
    private static final int SIDE = 200;

    public static void show(View root) {
        for (TextureView view : within(root)) new Handler(Looper.getMainLooper()).post(() -> give(view));
    }

    public static void hide(View root) {
        for (TextureView view : within(root)) {
            SurfaceTexture texture = view.texture;
            view.texture = null;
            if (texture != null && view.listener != null) view.listener.onSurfaceTextureDestroyed(texture);
        }
    }

    /** Another size, as where windows share the screen. */
    public static void resize(TextureView view, int width, int height) {
        view.layout(0, 0, width, height);
        view.listener.onSurfaceTextureSizeChanged(view.texture, width, height);
    }

    private static void give(TextureView view) {
        if (view.texture != null) return;
        view.texture = new SurfaceTexture(0);
        view.layout(0, 0, SIDE, SIDE);
        if (view.listener != null) view.listener.onSurfaceTextureAvailable(view.texture, SIDE, SIDE);
    }

    private static List<TextureView> within(View root) {
        List<TextureView> found = new ArrayList<>();
        if (root instanceof TextureView view) found.add(view);
        if (root instanceof ViewGroup group) {
            for (int index = 0; index < group.getChildCount(); index++) found.addAll(within(group.getChildAt(index)));
        }
        return found;
    }
}
