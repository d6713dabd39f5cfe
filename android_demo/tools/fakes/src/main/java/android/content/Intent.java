package android.content;

import android.net.Uri;
import java.util.HashMap;
import java.util.Map;

/** Stands for Android's. */
public class Intent {
    private final String action;
    private final Map<String, Object> extras = new HashMap<>();
    private Uri data;
    private String type;
    private String category;

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

    public String getAction() {
        return action;
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
