package android.content.pm;

/** Stands for Android's, which is abstract. */
public class PackageManager {
    public static final int PERMISSION_GRANTED = 0;
    public static final int PERMISSION_DENIED = -1;

    public PackageInfo getPackageInfo(String name, int flags) {
        PackageInfo info = new PackageInfo();
        info.versionName = "1";
        info.lastUpdateTime = 7;
        return info;
    }
}
