package com.facebook.jni;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Calls {@link #destruct} once nobody refers to an object any more. */
abstract class Unreachable extends PhantomReference<Object> {
    private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();

    /** Keeps these alive until they have done their work. */
    private static final Set<Unreachable> WAITING =
            Collections.newSetFromMap(new ConcurrentHashMap<Unreachable, Boolean>());

    static {
        Thread thread = new Thread("HybridData") {
            @Override
            public void run() {
                destructForever();
            }
        };
        thread.setDaemon(true);
        thread.start();
    }

    Unreachable(Object owner) {
        super(owner, QUEUE);
        WAITING.add(this);
    }

    abstract void destruct();

    final void forget() {
        WAITING.remove(this);
    }

    private static void destructForever() {
        while (true) {
            try {
                ((Unreachable) QUEUE.remove()).destruct();
            } catch (InterruptedException ignored) {
                // Nobody means this thread, and it has to go on.
            }
        }
    }
}
