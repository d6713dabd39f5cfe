package android.os;

/** Stands for Android's: its looper has turns of the test's thread. */
public class HandlerThread extends Thread {
    private final Looper looper;
    private boolean isStarted;

    public HandlerThread(String name) {
        super(name);
        looper = new Looper(name);
    }

    @Override
    public void start() {
        isStarted = true;
    }

    /** @return null before it is started, as Android's. */
    public Looper getLooper() {
        return isStarted ? looper : null;
    }
}
