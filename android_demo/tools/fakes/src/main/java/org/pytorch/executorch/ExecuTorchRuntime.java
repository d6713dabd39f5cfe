package org.pytorch.executorch;

/** Stands for ExecuTorch's, whose native code is left out. */
public class ExecuTorchRuntime {
    public static String[] getRegisteredBackends() {
        return new String[] {"XnnpackBackend"};
    }
}
