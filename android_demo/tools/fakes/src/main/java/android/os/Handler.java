package android.os;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public class Handler {
    private final Looper looper;

    public Handler(Looper looper) {
        this.looper = looper;
    }

    public final Looper getLooper() {
        return looper;
    }

    public final boolean post(Runnable task) {
        return postDelayed(task, 0);
    }

    public final boolean postDelayed(Runnable task, long delay) {
        Phone.get().queue.post(looper, this, task, delay);
        return true;
    }

    public final void removeCallbacks(Runnable task) {
        Phone.get().queue.remove(this, task);
    }
}
