import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jacoco.core.analysis.CoverageBuilder;
import org.jacoco.core.analysis.ICounter;
import org.jacoco.core.analysis.ISourceFileCoverage;
import org.jacoco.core.data.ExecutionData;
import org.jacoco.core.internal.analysis.ClassAnalyzer;
import org.jacoco.core.internal.analysis.ClassCoverageImpl;
import org.jacoco.core.internal.analysis.StringPool;
import org.jacoco.core.internal.data.CRC64;
import org.jacoco.core.internal.flow.ClassProbesAdapter;
import org.jacoco.core.internal.instr.InstrSupport;
import org.jacoco.core.tools.ExecFileLoader;
import org.objectweb.asm.ClassReader;

/**
 * Tells which lines ran: of each source file its name, the lines that did, and all lines with code.
 *
 * <p>Arguments are the agent's counts, and last a folder of classes.
 */
public final class Lines {
    public static void main(String[] arguments) throws IOException {
        int last = arguments.length - 1;
        ExecFileLoader counts = new ExecFileLoader();
        for (int index = 0; index < last; index++) counts.load(new File(arguments[index]));
        CoverageBuilder found = new CoverageBuilder();
        try (Stream<Path> paths = Files.walk(Path.of(arguments[last]))) {
            for (Path path : paths.filter(path -> path.toString().endsWith(".class")).toList()) {
                analyze(Files.readAllBytes(path), counts, found);
            }
        }
        for (ISourceFileCoverage file : found.getSourceFiles()) {
            String name = file.getPackageName() + "/" + file.getName();
            System.out.println(name + "\t" + lines(file, true) + "\t" + lines(file, false));
        }
    }

    /**
     * As JaCoCo's own analyzer, but for what a class says of inlined code: Kotlin's compiler writes that in a form that
     * Debian's JaCoCo takes for damage.
     */
    private static void analyze(byte[] bytes, ExecFileLoader counts, CoverageBuilder into) {
        long id = CRC64.classId(bytes);
        ClassReader reader = InstrSupport.classReaderFor(bytes);
        ExecutionData data = counts.getExecutionDataStore().get(id);
        ClassCoverageImpl coverage = new ClassCoverageImpl(reader.getClassName(), id, false);
        boolean[] probes = data == null ? null : data.getProbes();
        ClassAnalyzer analyzer = new ClassAnalyzer(coverage, probes, new StringPool()) {
            @Override
            public void visitSource(String source, String inlined) {
                super.visitSource(source, null);
            }
        };
        reader.accept(new ClassProbesAdapter(analyzer, false), 0);
        into.visitCoverage(coverage);
    }

    private static String lines(ISourceFileCoverage file, boolean ran) {
        List<Integer> found = new ArrayList<>();
        for (int line = Math.max(1, file.getFirstLine()); line <= file.getLastLine(); line++) {
            int status = file.getLine(line).getStatus();
            boolean hasCode = status != ICounter.EMPTY;
            if (ran ? hasCode && status != ICounter.NOT_COVERED : hasCode) found.add(line);
        }
        return found.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
