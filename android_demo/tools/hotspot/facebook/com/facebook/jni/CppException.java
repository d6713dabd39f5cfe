package com.facebook.jni;

/** An exception of C++. */
public class CppException extends RuntimeException {
    public CppException(String message) {
        super(message);
    }
}
