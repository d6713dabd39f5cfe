package org.lowformer.edge.fakes;

import android.os.Looper;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * The messages of all loopers, which all run on the test's one thread: whose turn it is, chance decides. Each looper
 * does one after the other, as on Android.
 */
public final class Queue {
    private static final double MEANWHILE = 0.3;

    private final Random random;
    private final Thread thread = Thread.currentThread();
    private final List<Message> messages = new ArrayList<>();
    private final Deque<Looper> running = new ArrayDeque<>();
    private long number;
    private long milliseconds = 1000;

    Queue(Random random) {
        this.random = random;
    }

    private record Message(Looper looper, Object handler, Runnable task, long when, long number) {}

    /** Since the phone was started. */
    public synchronized long milliseconds() {
        return milliseconds;
    }

    public synchronized void post(Looper looper, Object handler, Runnable task, long delay) {
        messages.add(new Message(looper, handler, task, milliseconds + delay, number++));
    }

    public synchronized void remove(Object handler, Runnable task) {
        messages.removeIf(message -> message.handler == handler && message.task == task);
    }

    /** The looper whose message runs now; null where the test itself does something, which stands for a person. */
    public Looper running() {
        return Thread.currentThread() == thread ? running.peek() : null;
    }

    /** Whether another thread than the test's asks. */
    public boolean isElsewhere() {
        return Thread.currentThread() != thread;
    }

    /** Runs a message that is due; whether there was one. */
    public boolean step() {
        Message next = take();
        if (next == null) return false;
        running.push(next.looper);
        try {
            next.task.run();
        } finally {
            running.pop();
        }
        return true;
    }

    /** Runs what is due until nothing is. */
    public void settle() {
        for (int steps = 0; step(); steps++) {
            if (steps > 100_000) throw new IllegalStateException("the app does not come to rest");
        }
    }

    /** Lets time pass, and runs what falls due. */
    public void pass(long duration) {
        long end = milliseconds + duration;
        for (settle(); advance(end); settle()) {}
        synchronized (this) {
            milliseconds = end;
        }
    }

    /** Something takes a time, on whatever thread. */
    public synchronized void spend(long duration) {
        milliseconds += duration;
    }

    /** Something takes a while: other threads may have their turn. */
    public void meanwhile() {
        if (random == null || isElsewhere()) return;
        while (random.nextDouble() < MEANWHILE && step()) {}
    }

    synchronized void clear() {
        messages.clear();
    }

    /** Moves the clock to the next message before an end; whether there is one. */
    private synchronized boolean advance(long end) {
        long next = messages.stream().mapToLong(Message::when).min().orElse(Long.MAX_VALUE);
        if (next > end) return false;
        milliseconds = Math.max(milliseconds, next);
        return true;
    }

    private synchronized Message take() {
        List<Message> due = new ArrayList<>();
        for (Message message : messages) {
            if (message.when <= milliseconds && !running.contains(message.looper)) keepFirst(due, message);
        }
        if (due.isEmpty()) return null;
        Message next = random == null ? first(due) : due.get(random.nextInt(due.size()));
        messages.remove(next);
        return next;
    }

    /** Keeps the first message of each looper. */
    private static void keepFirst(List<Message> due, Message message) {
        for (int index = 0; index < due.size(); index++) {
            Message other = due.get(index);
            if (other.looper != message.looper) continue;
            if (isBefore(message, other)) due.set(index, message);
            return;
        }
        due.add(message);
    }

    private static Message first(List<Message> messages) {
        Message first = messages.get(0);
        for (Message message : messages) if (isBefore(message, first)) first = message;
        return first;
    }

    private static boolean isBefore(Message one, Message other) {
        return one.when != other.when ? one.when < other.when : one.number < other.number;
    }
}
