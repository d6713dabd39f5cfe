package android.os;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: a place in the phone's queue, and no thread. */
public final class Looper {
    private static final Looper MAIN = new Looper("main");
    private final String name;

    Looper(String name) {
        this.name = name;
    }

    public static Looper getMainLooper() {
        return MAIN;
    }

    public static Looper myLooper() {
        Phone phone = Phone.get();
        if (phone.queue.isElsewhere()) return null;
        Looper running = phone.queue.running();
        return running == null ? MAIN : running;
    }

    @Override
    public String toString() {
        return name;
    }
}
