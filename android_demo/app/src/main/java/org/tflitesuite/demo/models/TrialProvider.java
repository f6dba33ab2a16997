package org.tflitesuite.demo.models;

import android.content.ContentProvider;
import android.content.ContentValues;
import android.database.Cursor;
import android.net.Uri;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.os.Process;
import android.os.SystemClock;

import java.io.File;

import org.tflitesuite.demo.DemoApplication;
import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;

/** Runs models that nobody knows yet, in a process of its own. Only {@link #call} is served. */
public final class TrialProvider extends ContentProvider {
    public static final String AUTHORITY = "org.tflitesuite.demo.trial";
    public static final String RUN = "run";
    public static final String THREADS = "threads";
    public static final String DELEGATE = "delegate";
    public static final String REASON = "reason";
    public static final String DETAIL = "detail";
    public static final long MOST_MILLISECONDS = 30_000;

    @Override
    public Bundle call(String method, String path, Bundle request) {
        Handler watchdog = new Handler(Looper.getMainLooper());
        Object token = new Object();
        watchdog.postAtTime(
                () -> Process.killProcess(Process.myPid()),
                token,
                SystemClock.uptimeMillis() + MOST_MILLISECONDS);
        Bundle answer = new Bundle();
        try {
            tryOnce(path, request.getInt(THREADS), Delegate.of(request.getString(DELEGATE)));
        } catch (ModelException error) {
            answer.putString(REASON, error.reason().name());
            answer.putString(DETAIL, error.getMessage());
        } catch (RuntimeException error) {
            // Thrown on, it would cross to the caller's process and end that.
            answer.putString(REASON, ModelException.Reason.REFUSED.name());
            answer.putString(DETAIL, String.valueOf(error));
        } finally {
            watchdog.removeCallbacksAndMessages(token);
        }
        return answer;
    }

    private void tryOnce(String path, int threads, Delegate delegate) throws ModelException {
        ModelFile model = path == null ? ModelStore.readBundled(getContext()) : ModelStore.read(new File(path));
        Engine engine = DemoApplication.of(getContext()).engines().open(model, threads, delegate);
        try (Classifier classifier = new Classifier(model, engine)) {
            classifier.runAgain();
        }
    }

    @Override
    public boolean onCreate() {
        return true;
    }

    @Override
    public Cursor query(Uri uri, String[] projection, String selection, String[] arguments, String order) {
        return null;
    }

    @Override
    public String getType(Uri uri) {
        return null;
    }

    @Override
    public Uri insert(Uri uri, ContentValues values) {
        return null;
    }

    @Override
    public int delete(Uri uri, String selection, String[] arguments) {
        return 0;
    }

    @Override
    public int update(Uri uri, ContentValues values, String selection, String[] arguments) {
        return 0;
    }
}
