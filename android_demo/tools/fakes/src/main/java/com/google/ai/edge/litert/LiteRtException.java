package com.google.ai.edge.litert;

/** Stands for LiteRT's. */
public final class LiteRtException extends Exception {
    public LiteRtException(int code, String message) {
        super(message);
    }
}
