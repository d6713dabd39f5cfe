package android.os;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's: the phone's own time. */
public final class SystemClock {
    public static long elapsedRealtime() {
        return Phone.get().queue.milliseconds();
    }

    public static long elapsedRealtimeNanos() {
        return Phone.get().queue.milliseconds() * 1_000_000;
    }
}
