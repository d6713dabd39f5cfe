package android.net;

/** Stands for Android's, which is abstract: a text. */
public class Uri {
    private final String text;

    private Uri(String text) {
        this.text = text;
    }

    public static Uri parse(String text) {
        return new Uri(text);
    }

    public static Uri fromParts(String scheme, String part, String fragment) {
        return new Uri(scheme + ":" + part + (fragment == null ? "" : "#" + fragment));
    }

    @Override
    public String toString() {
        return text;
    }
}
