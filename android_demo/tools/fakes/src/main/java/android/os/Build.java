package android.os;

/** Stands for Android's. */
public class Build {
    public static final String[] SUPPORTED_ABIS = {"x86_64"};

    public static final String MANUFACTURER = "Maker";
    public static final String MODEL = "Model";

    /** Not final: a test says which Android it is. */
    public static class VERSION {
        public static int SDK_INT = 36;
        public static final String RELEASE = "16";
    }
}
