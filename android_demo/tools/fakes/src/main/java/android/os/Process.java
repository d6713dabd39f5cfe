package android.os;

/** Stands for Android's. */
public class Process {
    public static void setThreadPriority(int priority) {}
}
