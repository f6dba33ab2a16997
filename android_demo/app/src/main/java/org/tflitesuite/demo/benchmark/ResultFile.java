package org.tflitesuite.demo.benchmark;

import android.content.Context;
import android.util.Log;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import org.tflitesuite.demo.core.JsonWriter;

/** Where benchmark documents are put, so that `adb pull` finds them. */
public final class ResultFile {
    public static final String LOG_TAG = "tfl_lite_suite";

    private ResultFile() {}

    /** The file of a result; in shared storage where there is any. */
    public static File path(Context context, String name) {
        File folder = context.getExternalFilesDir("benchmark");
        return new File(folder == null ? new File(context.getFilesDir(), "benchmark") : folder, name + ".json");
    }

    /** Forgets an earlier result of that name, so that nobody takes it for the new one. */
    public static void remove(Context context, String name) {
        path(context, name).delete();
    }

    /** Writes a document; it appears under its name only when it is complete. */
    public static File write(Context context, String name, Map<String, Object> document) throws IOException {
        File target = path(context, name);
        File folder = target.getParentFile();
        if (!folder.isDirectory() && !folder.mkdirs()) {
            throw new IOException("cannot make the folder " + folder);
        }
        File incomplete = new File(folder, target.getName() + ".part");
        try (FileOutputStream stream = new FileOutputStream(incomplete)) {
            stream.write(JsonWriter.write(document).getBytes(StandardCharsets.UTF_8));
            stream.getFD().sync();
        }
        if (!incomplete.renameTo(target)) {
            throw new IOException("cannot rename " + incomplete);
        }
        Log.i(LOG_TAG, "benchmark written: " + target);
        return target;
    }
}
