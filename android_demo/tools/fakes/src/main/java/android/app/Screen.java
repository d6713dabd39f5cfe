package android.app;

import android.content.Intent;
import android.os.Bundle;
import android.view.Textures;
import java.util.function.Supplier;
import org.lowformer.edge.fakes.Phone;

/** Does with an activity what Android and people do. */
public final class Screen {
    private final Supplier<? extends Activity> make;

    /** The one that lives; another after each rotation. */
    public Activity activity;

    /** Creates an activity, which nobody sees yet. */
    public Screen(Supplier<? extends Activity> make, Intent intent) {
        this.make = make;
        create(intent, null, null);
    }

    public void start() {
        appear(null);
    }

    public void stop() {
        activity.onPause();
        activity.isVisible = false;
        activity.onStop();
    }

    /** As the app does where it is done: out of sight, and gone. */
    public void end() {
        if (activity.isVisible) stop();
        destroy();
    }

    /** The device is turned: another activity takes this one's place, if it is seen. */
    public void turn() {
        Phone phone = Phone.get();
        boolean wasVisible = activity.isVisible;
        activity.isChanging = true;
        if (wasVisible) stop();
        Object kept = activity.onRetainNonConfigurationInstance();
        destroy();
        phone.isWide = !phone.isWide;
        phone.rotation = phone.isWide ? 1 : 0;
        create(activity.intent, kept, new Bundle());
        if (wasVisible) start();
    }

    /** Something is opened with the app, whose activity is there already. */
    public void open(Intent intent) {
        activity.onNewIntent(intent);
    }

    /** Answers the question for a permission, which lies over the activity. */
    public void answer(boolean allowed) {
        Phone phone = Phone.get();
        phone.mayUseCamera = allowed;
        hear(allowed ? 0 : -1);
    }

    /** The question is gone without an answer. */
    public void brushAside() {
        hear();
    }

    private void hear(int... answers) {
        int request = Phone.get().asked;
        Phone.get().asked = null;
        String[] permissions = answers.length == 0 ? new String[0] : new String[] {"android.permission.CAMERA"};
        activity.onRequestPermissionsResult(request, permissions, answers);
    }

    /** Comes back from a picker, which covered the activity; with nothing where nothing was picked. */
    public void picked(Intent data) {
        int request = Phone.get().picking;
        Phone.get().picking = null;
        int result = data == null ? Activity.RESULT_CANCELED : Activity.RESULT_OK;
        appear(() -> activity.onActivityResult(request, result, data));
    }

    /** Android hands over results between two steps of the appearing. */
    private void appear(Runnable results) {
        activity.isVisible = true;
        activity.onStart();
        if (results != null) results.run();
        activity.onResume();
        Textures.show(activity.getWindow().getDecorView());
    }

    private void create(Intent intent, Object kept, Bundle saved) {
        activity = make.get();
        activity.intent = intent;
        activity.former = kept;
        activity.onCreate(saved);
    }

    private void destroy() {
        Textures.hide(activity.getWindow().getDecorView());
        activity.onDestroy();
    }
}
