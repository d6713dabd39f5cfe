package com.google.ai.edge.litert;

import java.util.ArrayList;
import java.io.File;
import java.util.List;
import java.util.function.Supplier;
import kotlin.jvm.internal.DefaultConstructorMarker;
import org.lowformer.edge.fakes.Models;
import org.lowformer.edge.fakes.Phone;

/** Stands for LiteRT's, as far as the app calls it. */
public final class CompiledModel implements AutoCloseable {
    public static final Companion Companion = new Companion();

    private final Models.Model model;

    private CompiledModel(Models.Model model) {
        this.model = model;
    }

    public List<TensorBuffer> createInputBuffers(int signature) throws LiteRtException {
        return List.of(new TensorBuffer(Models.size(model.shapes[0])));
    }

    public List<TensorBuffer> createOutputBuffers(int signature) throws LiteRtException {
        List<TensorBuffer> made = new ArrayList<>();
        for (int index = 1; index < model.shapes.length; index++) {
            made.add(new TensorBuffer(Models.size(model.shapes[index])));
        }
        return made;
    }

    public void run(List<TensorBuffer> inputs, List<TensorBuffer> outputs, int signature) throws LiteRtException {
        float[][] computed = calling(() -> model.run(inputs.get(0).values));
        for (int index = 0; index < computed.length; index++) outputs.get(index).values = computed[index];
    }

    @Override
    public void close() {
        model.close();
    }

    /** LiteRT says no with an exception of its own. */
    private static <T> T calling(Supplier<T> action) throws LiteRtException {
        try {
            return action.get();
        } catch (Models.Refusal refusal) {
            throw new LiteRtException(3, refusal.getMessage());
        }
    }

    public static List<TensorBuffer> createInputBuffers$default(
            CompiledModel self, int signature, int mask, Object marker) throws LiteRtException {
        return self.createInputBuffers(signature);
    }

    public static List<TensorBuffer> createOutputBuffers$default(
            CompiledModel self, int signature, int mask, Object marker) throws LiteRtException {
        return self.createOutputBuffers(signature);
    }

    public static void run$default(
            CompiledModel self,
            List<TensorBuffer> inputs,
            List<TensorBuffer> outputs,
            int signature,
            int mask,
            Object marker)
            throws LiteRtException {
        self.run(inputs, outputs, signature);
    }

    /** Stands for LiteRT's. */
    public static final class Companion {
        private Companion() {}

        public CompiledModel create(String path, Options options, Environment environment) throws LiteRtException {
            Phone.get().models.options.add(options.toString());
            return new CompiledModel(calling(() -> Phone.get().models.open(path, options.isOnGpu)));
        }
    }

    /** Stands for LiteRT's. */
    public static final class Options {
        private final boolean isOnGpu;
        private CpuOptions cpu;
        private GpuOptions gpu;

        public Options(Accelerator... units) {
            isOnGpu = List.of(units).contains(Accelerator.GPU);
        }

        public void setCpuOptions(CpuOptions cpu) {
            this.cpu = cpu;
        }

        public void setGpuOptions(GpuOptions gpu) {
            this.gpu = gpu;
        }

        @Override
        public String toString() {
            return isOnGpu ? "GPU " + gpu : "CPU " + cpu;
        }
    }

    /** Stands for LiteRT's. */
    public static final class CpuOptions {
        private final Integer threads;
        private final String cache;

        public CpuOptions(Integer threads, Integer flags, String cache, int mask, DefaultConstructorMarker marker) {
            this.threads = threads;
            this.cache = cache;
        }

        @Override
        public String toString() {
            return threads + " threads, weights " + (cache == null ? "anew" : new File(cache).getName());
        }
    }

    /** Stands for LiteRT's. */
    public static final class GpuOptions {
        private final String text;

        public GpuOptions(
                Boolean constantTensorSharing,
                Boolean infiniteFloatCapping,
                Boolean allowSrcQuantizedFcConvOps,
                Precision precision,
                BufferStorageType bufferStorageType,
                Boolean preferTextureWeights,
                String serializationDir,
                String modelCacheKey,
                Boolean serializeProgramCache,
                Boolean serializeExternalTensors,
                Boolean externalTensorsMode,
                String externalTensorPattern,
                Backend backend,
                Priority priority,
                Integer numStepsOfCommandBufferPreparations,
                int mask,
                DefaultConstructorMarker marker) {
            text = precision + " " + (serializeProgramCache == null ? "anew" : serializationDir + " " + modelCacheKey);
        }

        @Override
        public String toString() {
            return text;
        }

        /** LiteRT's own. */
        public enum Precision {
            DEFAULT,
            FP16,
            FP32,
        }

        /** LiteRT's own. */
        public enum BufferStorageType {}

        /** LiteRT's own. */
        public enum Backend {}

        /** LiteRT's own. */
        public enum Priority {}
    }
}
