package android.app;

import android.content.ActivityNotFoundException;
import android.content.Context;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.view.Window;
import org.lowformer.edge.fakes.Phone;

/** Stands for Android's; {@link Screen} does with it what Android does. */
public class Activity extends Context {
    public static final int RESULT_CANCELED = 0;
    public static final int RESULT_OK = -1;

    Intent intent = new Intent();
    Object former;
    boolean isChanging;
    boolean isOver;
    boolean isVisible;
    private final Window window = new PhoneWindow(this);

    protected void onCreate(Bundle saved) {}

    protected void onStart() {}

    protected void onResume() {}

    protected void onPause() {}

    protected void onStop() {}

    protected void onDestroy() {}

    protected void onActivityResult(int request, int result, Intent data) {}

    protected void onNewIntent(Intent intent) {}

    public void onRequestPermissionsResult(int request, String[] permissions, int[] answers) {}

    public Object onRetainNonConfigurationInstance() {
        return null;
    }

    public Object getLastNonConfigurationInstance() {
        return former;
    }

    public final Application getApplication() {
        return Phone.get().application;
    }

    public Window getWindow() {
        return window;
    }

    public void setContentView(int layout) {
        ((PhoneWindow) window).show(layout);
    }

    public View findViewById(int id) {
        return window.getDecorView().findViewById(id);
    }

    public Intent getIntent() {
        return intent;
    }

    public boolean isChangingConfigurations() {
        return isChanging;
    }

    public boolean isFinishing() {
        return isOver;
    }

    public void finish() {
        isOver = true;
    }

    public void startActivity(Intent intent) {
        Phone.get().started.add(intent);
    }

    public void startActivityForResult(Intent intent, int request) {
        Phone phone = Phone.get();
        if (!phone.hasPicker) throw new ActivityNotFoundException("no activity takes " + intent.getAction());
        startActivity(intent);
        phone.picking = request;
    }

    public final void requestPermissions(String[] permissions, int request) {
        if (!isVisible) Phone.get().violation("a permission is asked for by what nobody sees");
        Phone.get().asked = request;
    }

    public boolean shouldShowRequestPermissionRationale(String permission) {
        return Phone.get().showsRationale;
    }
}
