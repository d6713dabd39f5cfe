package android.content;

import android.net.Uri;
import java.util.HashMap;
import java.util.Map;

/** Stands for Android's. */
public class Intent {
    public static final String ACTION_VIEW = "android.intent.action.VIEW";
    public static final int FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY = 1 << 20;

    private final String action;
    private final Map<String, Object> extras = new HashMap<>();
    private Uri data;
    private String type;
    private String category;
    private int flags;

    public Intent() {
        this(null);
    }

    public Intent(String action) {
        this(action, null);
    }

    public Intent(String action, Uri data) {
        this.action = action;
        this.data = data;
    }

    /** What is started by its class has that in place of an action here. */
    public Intent(Context context, Class<?> type) {
        this(type.getName());
    }

    public String getAction() {
        return action;
    }

    public int getFlags() {
        return flags;
    }

    public Intent addFlags(int added) {
        flags |= added;
        return this;
    }

    public Uri getData() {
        return data;
    }

    public Intent setData(Uri data) {
        this.data = data;
        return this;
    }

    public String getType() {
        return type;
    }

    public Intent setType(String type) {
        this.type = type;
        return this;
    }

    public Intent addCategory(String category) {
        this.category = category;
        return this;
    }

    public boolean hasCategory(String category) {
        return category.equals(this.category);
    }

    public Intent putExtra(String name, String value) {
        extras.put(name, value);
        return this;
    }

    public Intent putExtra(String name, int value) {
        extras.put(name, value);
        return this;
    }

    public String getStringExtra(String name) {
        return (String) extras.get(name);
    }

    public int getIntExtra(String name, int otherwise) {
        return extras.get(name) instanceof Integer value ? value : otherwise;
    }
}
