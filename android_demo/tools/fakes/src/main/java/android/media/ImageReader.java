package android.media;

import android.graphics.SurfaceTexture;
import android.os.Handler;
import android.view.Surface;
import java.util.Map;
import java.util.WeakHashMap;

/** Stands for Android's. */
public class ImageReader implements AutoCloseable {
    private static final Map<Surface, ImageReader> READERS = new WeakHashMap<>();

    private final int width;
    private final int height;
    private final int most;
    private final Surface surface = new Surface(new SurfaceTexture(0));
    private OnImageAvailableListener listener;
    private Handler handler;
    private boolean isClosed;
    private int waiting;
    private int lent;

    /** Android's own. */
    public interface OnImageAvailableListener {
        void onImageAvailable(ImageReader reader);
    }

    private ImageReader(int width, int height, int most) {
        this.width = width;
        this.height = height;
        this.most = most;
        READERS.put(surface, this);
    }

    public static ImageReader newInstance(int width, int height, int format, int most) {
        return new ImageReader(width, height, most);
    }

    /** The reader behind a surface; null where it is a view's. */
    static ImageReader of(Surface surface) {
        return READERS.get(surface);
    }

    public Surface getSurface() {
        return surface;
    }

    public void setOnImageAvailableListener(OnImageAvailableListener listener, Handler handler) {
        this.listener = listener;
        this.handler = handler;
    }

    public Image acquireLatestImage() {
        if (isClosed) throw new IllegalStateException("the reader is closed");
        if (waiting == 0) return null;
        if (lent >= most - 1) throw new IllegalStateException("maxImages has already been acquired");
        waiting = 0;
        lent++;
        return new Frame(this, width, height);
    }

    @Override
    public void close() {
        isClosed = true;
        surface.release();
    }

    /** A frame has come. */
    void receive() {
        if (isClosed) return;
        waiting++;
        handler.post(() -> listener.onImageAvailable(this));
    }

    void giveBack() {
        lent--;
    }
}
