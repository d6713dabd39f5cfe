package android.content;

import android.content.pm.PackageManager;
import android.content.res.AssetManager;
import android.content.res.Resources;
import android.hardware.camera2.CameraManager;
import android.hardware.display.DisplayManager;
import android.os.PowerManager;
import java.io.File;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's, and for what lies between it and activities. */
public abstract class Context {
    private final Resources resources = new Resources();

    public Context getApplicationContext() {
        return Phone.get().application;
    }

    public Resources getResources() {
        return resources;
    }

    public AssetManager getAssets() {
        return resources.getAssets();
    }

    public final String getString(int number) {
        return resources.getString(number);
    }

    public final String getString(int number, Object... arguments) {
        return resources.getString(number, arguments);
    }

    public final int getColor(int number) {
        return resources.getColor(number);
    }

    public ContentResolver getContentResolver() {
        return new PhoneContent();
    }

    public PackageManager getPackageManager() {
        return new PackageManager();
    }

    public String getPackageName() {
        return "org.lowformer.edge";
    }

    public File getNoBackupFilesDir() {
        return Phone.get().folder("no_backup");
    }

    public File getCodeCacheDir() {
        return Phone.get().folder("code_cache");
    }

    public File getExternalFilesDir(String type) {
        return Phone.get().folder("external");
    }

    public SharedPreferences getSharedPreferences(String name, int mode) {
        return Preferences.of(name);
    }

    public Intent registerReceiver(BroadcastReceiver receiver, IntentFilter filter) {
        return Phone.get().battery;
    }

    public int checkSelfPermission(String permission) {
        return Phone.get().mayUseCamera ? PackageManager.PERMISSION_GRANTED : PackageManager.PERMISSION_DENIED;
    }

    public final <T> T getSystemService(Class<T> type) {
        if (type == CameraManager.class) return type.cast(new CameraManager());
        if (type == DisplayManager.class) return type.cast(new DisplayManager());
        if (type == PowerManager.class) return type.cast(new PowerManager());
        return null;
    }
}
