package android.content.pm;

/** Stands for Android's. */
public class PackageInfo {
    public String versionName;
    public long lastUpdateTime;
}
