package org.lowformer.edge.fakes;

import android.os.Looper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What runtimes do with files here: those say after eight bytes the shapes of their input and outputs, as in
 * {@code 1x4x4x3 1x5}. A model sees one class in every image.
 */
public final class Models {
    private static final long RUN_MS = 5;

    /** Names of files in the order in which they were opened. */
    public final List<String> opened = new ArrayList<>();

    /** How each TFLite file was to be compiled. */
    public final List<String> options = new ArrayList<>();

    public final List<float[]> inputs = new ArrayList<>();
    public int open;
    public int mostOpen;
    public int runs;

    /** How often LiteRT was started in this JVM. */
    public static int environments;

    /** Whether LiteRT finds a GPU; its library tells nothing where null. */
    public Boolean hasGpu = true;

    /** What the GPU's driver calls itself; null where OpenGL does not start. */
    public String gpu = "Test GPU";

    /** Why runtimes refuse files, by the file's name. */
    public final Map<String, String> refused = new HashMap<>();

    /** What happens during each run; null where nothing does. */
    public Runnable during;

    /** What the next run fails with. */
    public String failure;

    /** What opening finds missing of the app's native libraries. */
    public LinkageError missing;

    /** What ExecuTorch's files are made for. */
    public String[] backends = {"XnnpackBackend"};

    /** The class that is seen. */
    public int seen = 1;

    /** What a runtime says no with. */
    public static final class Refusal extends RuntimeException {
        private Refusal(String reason) {
            super(reason);
        }
    }

    /** A file that is open. */
    public final class Model {
        public final long[][] shapes;
        private final String name;
        private final boolean isBound;
        private final Looper opener = Phone.get().queue.running();
        private boolean isClosed;

        private Model(String name, long[][] shapes, boolean isBound) {
            this.name = name;
            this.shapes = shapes;
            this.isBound = isBound;
            opened.add(name);
            open++;
            mostOpen = Math.max(mostOpen, open);
            if (open > 1) Phone.get().violation(name + " is opened while another is open");
        }

        /** @return the outputs. */
        public float[][] run(float[] input) {
            check("run");
            Phone.get().queue.meanwhile();
            Phone.get().queue.spend(RUN_MS);
            check("run");
            if (during != null) during.run();
            runs++;
            inputs.add(input.clone());
            String reason = failure;
            failure = null;
            if (reason != null) throw new Refusal(reason);
            float[][] outputs = new float[shapes.length - 1][];
            for (int index = 0; index < outputs.length; index++) {
                outputs[index] = new float[size(shapes[index + 1])];
                outputs[index][seen % outputs[index].length] = 5f;
            }
            return outputs;
        }

        public void close() {
            if (isClosed) {
                Phone.get().violation(name + " is closed twice");
                return;
            }
            check("closed");
            isClosed = true;
            open--;
        }

        public void check(String what) {
            Phone phone = Phone.get();
            if (isClosed) {
                phone.violation(name + " is " + what + " after it was closed");
                throw new IllegalStateException("The handle has been destroyed.");
            }
            if (isBound && phone.queue.running() != opener) {
                phone.violation(name + " is " + what + " on another thread than it was opened on");
            }
        }
    }

    /** @param isBound whether one thread alone may use it. */
    public Model open(String path, boolean isBound) {
        Phone.get().queue.meanwhile();
        File file = new File(path);
        if (missing != null) throw missing;
        String reason = refused.get(file.getName());
        if (reason != null) throw new Refusal(reason);
        try {
            String text = Files.readString(file.toPath(), StandardCharsets.ISO_8859_1).substring(8).trim();
            long[][] shapes = Arrays.stream(text.split(" ")).map(Models::shape).toArray(long[][]::new);
            return new Model(file.getName(), shapes, isBound);
        } catch (IOException error) {
            throw new IllegalStateException("cannot be read", error);
        }
    }

    public static int size(long[] shape) {
        return (int) Arrays.stream(shape).reduce(1, (one, other) -> one * other);
    }

    void forget() {
        open = 0;
        failure = null;
    }

    private static long[] shape(String text) {
        return Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray();
    }
}
