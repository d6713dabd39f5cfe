package org.pytorch.executorch;

import java.io.Closeable;
import org.lowformer.edge.fakes.Models;
import org.lowformer.edge.fakes.Phone;

/** Stands for ExecuTorch's, whose native code is left out. */
public class Module implements Closeable {
    private final Models.Model model;

    private Module(Models.Model model) {
        this.model = model;
    }

    public static Module load(String path, int mode, int threads) {
        return new Module(Phone.get().models.open(path, false));
    }

    public void loadMethod(String name) {
        model.check("loaded");
    }

    public MethodMetadata getMethodMetadata(String name) {
        return new MethodMetadata(name, Phone.get().models.backends);
    }

    public EValue[] forward(EValue... inputs) {
        Tensor tensor = inputs[0].toTensor();
        float[] values = tensor.dtype() == DType.FLOAT ? tensor.getDataAsFloatArray() : new float[0];
        float[][] outputs = model.run(values);
        EValue[] made = new EValue[outputs.length];
        for (int index = 0; index < made.length; index++) {
            made[index] = EValue.from(Tensor.fromBlob(outputs[index], model.shapes[index + 1]));
        }
        return made;
    }

    public void destroy() {
        model.close();
    }

    @Override
    public void close() {
        destroy();
    }
}
