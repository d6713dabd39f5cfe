package org.lowformer.edge.fakes;

import java.io.File;
import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The app's own texts and lengths, read as they were written, and its numbers of them. */
public final class Values {
    private static final Map<String, Map<String, String>> READ = new HashMap<>();

    private static final Map<String, Map<Integer, String>> NAMES = new HashMap<>();

    /** The name of a resource, by the number that the app has for it. */
    public static String name(String type, int number) {
        String name = NAMES.computeIfAbsent(type, Values::names).get(number);
        if (name == null) throw new IllegalArgumentException("no " + type + " has the number " + number);
        return name;
    }

    public static int number(String type, String name) {
        try {
            return Class.forName("org.lowformer.edge.R$" + type).getField(name).getInt(null);
        } catch (ReflectiveOperationException error) {
            throw new IllegalArgumentException("there is no " + type + " " + name, error);
        }
    }

    private static Map<Integer, String> names(String type) {
        Map<Integer, String> found = new HashMap<>();
        try {
            for (Field field : Class.forName("org.lowformer.edge.R$" + type).getFields()) {
                found.put(field.getInt(null), field.getName());
            }
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
        return found;
    }

    /** @param type also of a plural's part: {@code plurals/other}. */
    public static String text(String type, String name) {
        String key = type + "/" + name;
        String own = read("values-" + Phone.get().language).get(key);
        String found = own != null ? own : read("values").get(key);
        if (found == null) throw new IllegalArgumentException("there is no " + key);
        return found;
    }

    /** The root of a file of XML. */
    static Element root(File file) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            return factory.newDocumentBuilder().parse(file).getDocumentElement();
        } catch (Exception error) {
            throw new IllegalStateException(file + " cannot be read", error);
        }
    }

    private static Map<String, String> read(String folder) {
        return READ.computeIfAbsent(folder, Values::readAll);
    }

    private static Map<String, String> readAll(String folder) {
        Map<String, String> found = new HashMap<>();
        File[] files = new File(Phone.resources(), folder).listFiles();
        for (File file : files == null ? new File[0] : files) {
            NodeList all = root(file).getElementsByTagName("*");
            for (int index = 0; index < all.getLength(); index++) {
                Element element = (Element) all.item(index);
                String type = element.getTagName();
                String name = element.getAttribute("name");
                if (type.equals("item")) {
                    type = "plurals/" + element.getAttribute("quantity");
                    name = ((Element) element.getParentNode()).getAttribute("name");
                }
                found.put(type + "/" + name, plain(element.getTextContent()));
            }
        }
        return found;
    }

    private static String plain(String written) {
        String text = written.strip().replaceAll("\\s+", " ");
        return text.replace("\\'", "'").replace("\\\"", "\"").replace("\\n", "\n").replace("\\u00A0", "\u00A0");
    }
}
