package com.facebook.soloader.nativeloader;

/** Loads libraries by whichever way was chosen first. */
public final class NativeLoader {
    private static NativeLoaderDelegate delegate;

    private NativeLoader() {}

    public static synchronized boolean isInitialized() {
        return delegate != null;
    }

    public static synchronized void init(NativeLoaderDelegate chosen) {
        if (delegate != null) {
            throw new IllegalStateException("NativeLoader has a delegate already");
        }
        delegate = chosen;
    }

    public static synchronized boolean loadLibrary(String name) {
        if (delegate == null) {
            throw new IllegalStateException("NativeLoader has no delegate yet");
        }
        return delegate.loadLibrary(name, 0);
    }
}
