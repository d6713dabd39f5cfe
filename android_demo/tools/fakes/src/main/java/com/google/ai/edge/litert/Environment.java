package com.google.ai.edge.litert;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.lowformer.edge.fakes.Models;
import org.lowformer.edge.fakes.Phone;

/** Stands for LiteRT's. */
public final class Environment {
    public static final Companion Companion = new Companion();

    private Environment() {}

    public Set<Accelerator> getAvailableAccelerators() throws LiteRtException {
        Boolean hasGpu = Phone.get().models.hasGpu;
        if (hasGpu == null) throw new LiteRtException(500, "status 500");
        return hasGpu ? EnumSet.of(Accelerator.CPU, Accelerator.GPU) : EnumSet.of(Accelerator.CPU);
    }

    /** Stands for LiteRT's. */
    public static final class Companion {
        private Companion() {}

        public Environment create(Map<Option, String> options) {
            Models.environments++;
            return new Environment();
        }

        public static Environment create$default(Companion self, Map<Option, String> options, int mask, Object marker) {
            return self.create(options);
        }
    }

    /** LiteRT's own. */
    public enum Option {
        CompilerPluginLibraryDir,
        DispatchLibraryDir,
    }
}
