package org.lowformer.edge.fakes;

import android.app.Activity;
import android.app.AlertDialog;
import android.app.Application;
import android.content.Intent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The phone that the fakes are parts of: what a test sets, and what the app made of it. There is one at a time. */
public final class Phone {
    private static Phone current;

    /** What outlives the process. */
    public final File disk;

    /** What the app brings with it. */
    public File assets;

    public final Map<String, Map<String, Object>> preferences = new HashMap<>();

    /** What pickers gave: the content by its URI; a folder's children by its document's name. */
    public final Map<String, byte[]> documents = new HashMap<>();

    public final Map<String, List<String[]>> folders = new HashMap<>();

    public final Queue queue;
    public final Cameras cameras = new Cameras();
    public final Models models = new Models();

    /** What an app must not do, and did. */
    public final List<String> violations = new ArrayList<>();

    public final List<Intent> started = new ArrayList<>();
    public final List<String> toasts = new ArrayList<>();
    public Application application;
    public AlertDialog dialog;
    public boolean mayUseCamera;

    /** What the app's reading of a document fails with; null where it does not. */
    public RuntimeException refusal;

    public boolean hasPicker = true;
    public boolean showsRationale = true;
    public boolean isWide;
    public String language = "";

    /** As {@code Surface.ROTATION_90} and the others say it. */
    public int rotation;

    public int orientation = 1;
    public Intent battery;
    public int heat;
    public boolean savesPower;

    /** A display's listener, as far as there is one. */
    public android.hardware.display.DisplayManager.DisplayListener displays;

    /** Permissions that are asked for, and not answered yet: the request's number. */
    public Integer asked;

    /** What an activity has asked a picker for, and has not heard of: the request's number. */
    public Integer picking;

    private Phone(File disk, Random random) {
        this.disk = disk;
        queue = new Queue(random);
    }

    public static Phone get() {
        return current;
    }

    /**
     * A phone with nothing on its disk but what is there, and no process.
     *
     * @param seed of the order in which threads get their turn; null where they get it by time.
     */
    public static Phone start(File disk, Long seed) {
        current = new Phone(disk, seed == null ? null : new Random(seed));
        return current;
    }

    /** The process ends without a word; what is on the disk stays, and a picker that is open. */
    public void kill() {
        queue.clear();
        cameras.forget();
        models.forget();
        application = null;
        dialog = null;
        displays = null;
        asked = null;
    }

    public File folder(String name) {
        File folder = new File(disk, name);
        folder.mkdirs();
        return folder;
    }

    public InputStream read(String uri) throws IOException {
        queue.meanwhile();
        if (refusal != null) throw refusal;
        byte[] content = documents.get(uri);
        if (content == null) throw new FileNotFoundException(uri);
        return new ByteArrayInputStream(content);
    }

    /** Documents are there once they are closed. */
    public OutputStream write(String uri) throws FileNotFoundException {
        queue.meanwhile();
        if (refusal != null) throw refusal;
        if (uri.contains("gone")) throw new FileNotFoundException(uri);
        return new ByteArrayOutputStream() {
            @Override
            public void close() {
                documents.put(uri, toByteArray());
            }
        };
    }

    public void violation(String text) {
        violations.add(text);
    }

    /** Where the app's resources are, as they were written. */
    public static File resources() {
        return new File(System.getProperty("lowformer.resources"));
    }
}
