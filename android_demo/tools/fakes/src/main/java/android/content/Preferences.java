package android.content;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.lowformer.edge.fakes.Phone;

/** The phone's shared preferences, of which the app uses four members. */
final class Preferences {
    static SharedPreferences of(String name) {
        Map<String, Object> kept = Phone.get().preferences.computeIfAbsent(name, key -> new HashMap<>());
        return proxy(SharedPreferences.class, (method, given) -> switch (method) {
            case "getAll" -> new HashMap<>(kept);
            case "edit" -> editor(kept);
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private static SharedPreferences.Editor editor(Map<String, Object> kept) {
        Map<String, Object> changed = new HashMap<>(kept);
        SharedPreferences.Editor[] self = new SharedPreferences.Editor[1];
        self[0] = proxy(SharedPreferences.Editor.class, (method, given) -> {
            switch (method) {
                case "clear" -> changed.clear();
                case "putString" -> changed.put((String) given[0], given[1]);
                case "apply" -> {
                    kept.clear();
                    kept.putAll(changed);
                    return null;
                }
                default -> throw new UnsupportedOperationException(method);
            }
            return self[0];
        });
        return self[0];
    }

    private interface Answer {
        Object to(String method, Object[] given);
    }

    private static <T> T proxy(Class<T> type, Answer answer) {
        Class<?>[] types = {type};
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), types, (proxy, method, given) -> answer.to(method.getName(), given)));
    }
}
