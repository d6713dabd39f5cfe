package org.lowformer.edge.fakes;

import android.content.Context;
import android.util.AttributeSet;
import android.view.View;
import android.view.ViewGroup;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** The app's own layouts, made into views as they were written; sizes and styles are left out. */
public final class Layouts {
    private static final String ANDROID = "http://schemas.android.com/apk/res/android";
    private static final Map<File, Element> READ = new HashMap<>();

    public static View inflate(Context context, String name) {
        return view(context, read(name));
    }

    private static Element read(String name) {
        File wide = new File(Phone.resources(), "layout-land/" + name + ".xml");
        boolean isWide = Phone.get().isWide && wide.exists();
        File file = isWide ? wide : new File(Phone.resources(), "layout/" + name + ".xml");
        return READ.computeIfAbsent(file, Values::root);
    }

    private static View view(Context context, Element element) {
        if (element.getTagName().equals("include")) {
            return inflate(context, element.getAttribute("layout").substring("@layout/".length()));
        }
        View view = make(context, element);
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child) ((ViewGroup) view).addView(view(context, child));
        }
        return view;
    }

    private static View make(Context context, Element element) {
        try {
            return (View) type(element.getTagName())
                    .getConstructor(Context.class, AttributeSet.class)
                    .newInstance(context, attributes(element));
        } catch (InvocationTargetException error) {
            throw new IllegalStateException(element.getTagName(), error.getCause());
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(element.getTagName(), error);
        }
    }

    private static Class<?> type(String tag) throws ClassNotFoundException {
        if (tag.contains(".")) return Class.forName(tag);
        return Class.forName((tag.equals("TextureView") ? "android.view." : "android.widget.") + tag);
    }

    private static AttributeSet attributes(Element element) {
        return (AttributeSet) Proxy.newProxyInstance(
                AttributeSet.class.getClassLoader(),
                new Class<?>[] {AttributeSet.class},
                (proxy, method, given) -> {
                    if (!method.getName().equals("getAttributeValue") || given.length != 2) {
                        throw new UnsupportedOperationException(method.toString());
                    }
                    Node node = element.getAttributeNodeNS(ANDROID, (String) given[1]);
                    return node == null ? null : node.getNodeValue();
                });
    }
}
