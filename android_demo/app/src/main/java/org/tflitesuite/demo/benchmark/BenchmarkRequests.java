package org.tflitesuite.demo.benchmark;

import android.content.Intent;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;

import org.tflitesuite.demo.DemoApplication;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelException.Reason;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.models.ModelStore;
import org.tflitesuite.demo.models.ModelTrial;

/** What a benchmark intent asks for; docs/android.md lists the extras. */
public final class BenchmarkRequests {
    public static final String MODEL = "model";
    public static final String RUNS = "runs";
    public static final String MIN_SECONDS = "min_seconds";
    public static final String THREADS = "threads";
    public static final String DELEGATE = "delegate";
    public static final String OUTPUT = "output";
    public static final String SEED = "seed";

    public static final int DEFAULT_RUNS = 50;
    private static final int MOST_RUNS = 100_000;
    private static final int MOST_THREADS = 64;
    private static final double MOST_SECONDS = 3600;
    private static final String DEFAULT_OUTPUT = "benchmark";

    private BenchmarkRequests() {}

    /** Whether an intent asks for a measurement rather than for the screen. */
    public static boolean isRequest(Intent intent) {
        return intent != null && (intent.hasExtra(RUNS) || intent.hasExtra(MODEL) || intent.hasExtra(OUTPUT));
    }

    /** File name of the result, without folder and suffix; anything but letters, digits, ._- is replaced. */
    public static String outputName(Intent intent) {
        String name = intent.getStringExtra(OUTPUT);
        if (name == null) {
            return DEFAULT_OUTPUT;
        }
        String safe = name.replaceAll("[^A-Za-z0-9._-]", "_").replaceAll("^\\.+", "_");
        return safe.isEmpty() ? DEFAULT_OUTPUT : safe.substring(0, Math.min(safe.length(), 100));
    }

    /**
     * Reads an intent, copies its model into the app and tries it.
     *
     * @throws ModelException if the model cannot be used
     * @throws IllegalArgumentException if an extra is out of range
     */
    public static BenchmarkRunner.Request read(DemoApplication app, Intent intent) throws ModelException {
        BenchmarkRunner.Request request = new BenchmarkRunner.Request();
        ModelSettings.Choice standard = app.models().settings().choice();
        String delegate = intent.getStringExtra(DELEGATE);
        request.choice = new ModelSettings.Choice(
                within(THREADS, intent.getIntExtra(THREADS, standard.threads), 1, MOST_THREADS),
                delegate == null ? standard.delegate : delegate(delegate));
        request.runs = within(RUNS, intent.getIntExtra(RUNS, DEFAULT_RUNS), 1, MOST_RUNS);
        request.minSeconds = intent.getFloatExtra(MIN_SECONDS, 0);
        if (!(request.minSeconds >= 0 && request.minSeconds <= MOST_SECONDS)) {
            throw new IllegalArgumentException(MIN_SECONDS + ": expected 0 to 3600. Received: " + request.minSeconds);
        }
        request.seed = intent.getIntExtra(SEED, 0);
        String path = intent.getStringExtra(MODEL);
        if (path == null) {
            request.model = app.models().file();
            request.name = app.models().settings().openedName() == null
                    ? "bundled"
                    : app.models().settings().openedName();
        } else {
            File copy = new File(app.getCacheDir(), "benchmark.tflite");
            copy(new File(path), copy);
            request.model = ModelStore.read(copy);
            request.name = path;
            ModelTrial.run(app, copy, request.choice);
        }
        return request;
    }

    private static void copy(File source, File target) throws ModelException {
        try (FileInputStream content = new FileInputStream(source)) {
            ModelStore.copy(content, target);
        } catch (IOException error) {
            throw new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage()));
        }
    }

    private static Delegate delegate(String name) {
        Delegate delegate = Delegate.of(name);
        if (delegate == null) {
            throw new IllegalArgumentException(DELEGATE + ": expected xnnpack, cpu, nnapi or gpu. Received: " + name);
        }
        return delegate;
    }

    private static int within(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(key + ": expected " + least + " to " + most + ". Received: " + value);
        }
        return value;
    }
}
