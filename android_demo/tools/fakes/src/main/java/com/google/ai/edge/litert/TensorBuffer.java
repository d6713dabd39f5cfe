package com.google.ai.edge.litert;

/** Stands for LiteRT's: what is written as bytes can be read as reals, and the other way. */
public final class TensorBuffer implements AutoCloseable {
    float[] values;
    private boolean isClosed;

    TensorBuffer(int size) {
        values = new float[size];
    }

    public void writeFloat(float[] data) throws LiteRtException {
        check();
        values = data.clone();
    }

    public void writeInt8(byte[] data) throws LiteRtException {
        check();
        values = new float[data.length];
        for (int index = 0; index < data.length; index++) values[index] = data[index];
    }

    public float[] readFloat() throws LiteRtException {
        check();
        return values.clone();
    }

    public byte[] readInt8() throws LiteRtException {
        check();
        byte[] bytes = new byte[values.length];
        for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) values[index];
        return bytes;
    }

    @Override
    public void close() {
        isClosed = true;
    }

    private void check() {
        if (isClosed) throw new IllegalStateException("The handle has been destroyed.");
    }
}
