package com.facebook.jni;

/** Where threads of C++ enter, so that they have the app's class loader. */
public class ThreadScopeSupport {
    private static void runStdFunction(long pointer) {
        runStdFunctionImpl(pointer);
    }

    private static native void runStdFunctionImpl(long pointer);
}
