package com.facebook.jni;

import com.facebook.soloader.nativeloader.NativeLoader;

/** A Java object's half in C++. Its library finds the field and the nested class by their names. */
public class HybridData {
    static {
        NativeLoader.loadLibrary("fbjni");
    }

    private final Destructor mDestructor = new Destructor(this);

    public synchronized void resetNative() {
        mDestructor.destruct();
    }

    public boolean isValid() {
        return mDestructor.mNativePointer != 0;
    }

    /** Deletes the other half, at the latest some time after nobody refers to the data any more. */
    public static class Destructor extends Unreachable {
        private volatile long mNativePointer;

        Destructor(Object owner) {
            super(owner);
        }

        @Override
        final synchronized void destruct() {
            forget();
            long pointer = mNativePointer;
            mNativePointer = 0;
            if (pointer != 0) {
                deleteNative(pointer);
            }
        }

        static native void deleteNative(long pointer);
    }
}
