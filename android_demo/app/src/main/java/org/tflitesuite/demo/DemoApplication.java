package org.tflitesuite.demo;

import android.app.Application;
import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import android.os.Process;
import android.os.SystemClock;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.models.ModelStore;
import org.tflitesuite.demo.models.TfliteEngine;

/** Owns what outlives the screens: the model in use and the one thread that runs it. */
public class DemoApplication extends Application {
    private final ExecutorService inference = Executors.newSingleThreadExecutor(task -> new Thread(task, "inference"));
    private final Handler main = new Handler(Looper.getMainLooper());
    private Engine.Factory engines;
    private ModelStore models;
    private long startupMs;

    public static DemoApplication of(Context context) {
        return (DemoApplication) context.getApplicationContext();
    }

    @Override
    public void onCreate() {
        super.onCreate();
        startupMs = SystemClock.elapsedRealtime() - Process.getStartElapsedRealtime();
    }

    /** Tests on the JVM put another build of TensorFlow Lite here. */
    protected Engine.Factory createEngines() {
        return new TfliteEngine.Factory();
    }

    /** Made when first asked for: the trial process is asked before its {@link #onCreate}. */
    public synchronized Engine.Factory engines() {
        if (engines == null) {
            engines = createEngines();
        }
        return engines;
    }

    /** The model in use; to be called in {@link #inference} tasks only. */
    public synchronized ModelStore models() {
        if (models == null) {
            models = new ModelStore(this, engines(), new ModelSettings(this));
        }
        return models;
    }

    /** Milliseconds from the start of this process to the end of the app's own start. */
    public long startupMs() {
        return startupMs;
    }

    /** Runs a task on the inference thread, after those handed in before. */
    public void inference(Runnable task) {
        inference.execute(task);
    }

    /** Runs a task on the main thread. */
    public void main(Runnable task) {
        main.post(task);
    }

    @Override
    public void onTrimMemory(int level) {
        super.onTrimMemory(level);
        // Opened again by the next picture; a benchmark that runs now holds the thread and ends first.
        if (level >= TRIM_MEMORY_UI_HIDDEN || level == runningCritical()) {
            inference(() -> models().release());
        }
    }

    @SuppressWarnings("deprecation")
    private static int runningCritical() {
        return TRIM_MEMORY_RUNNING_CRITICAL;
    }
}
