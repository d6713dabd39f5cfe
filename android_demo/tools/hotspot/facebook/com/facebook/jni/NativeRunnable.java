package com.facebook.jni;

/** A function of C++ that Java can run. */
public class NativeRunnable implements Runnable {
    private final HybridData mHybridData;

    private NativeRunnable(HybridData hybridData) {
        mHybridData = hybridData;
    }

    @Override
    public native void run();
}
