package org.tflitesuite.demo.models;

import android.content.Context;
import android.content.SharedPreferences;

import org.tflitesuite.demo.core.Delegate;

/** What the user chose, kept between starts. */
public final class ModelSettings {
    private static final String THREADS = "threads";
    private static final String DELEGATE = "delegate";
    private static final String OPENED_NAME = "opened_name";

    /** One choice of threads and delegate. */
    public static final class Choice {
        public final int threads;
        public final Delegate delegate;

        public Choice(int threads, Delegate delegate) {
            this.threads = threads;
            this.delegate = delegate;
        }
    }

    private final SharedPreferences preferences;

    public ModelSettings(Context context) {
        preferences = context.getSharedPreferences("settings", Context.MODE_PRIVATE);
    }

    public Choice choice() {
        Delegate delegate = Delegate.of(preferences.getString(DELEGATE, ""));
        int threads = preferences.getInt(THREADS, Math.min(4, Runtime.getRuntime().availableProcessors()));
        return new Choice(threads, delegate == null ? Delegate.XNNPACK : delegate);
    }

    public void setChoice(Choice choice) {
        preferences.edit().putInt(THREADS, choice.threads).putString(DELEGATE, choice.delegate.name()).apply();
    }

    /** Display name of the opened model file; null while the bundled model is in use. */
    public String openedName() {
        return preferences.getString(OPENED_NAME, null);
    }

    public void setOpenedName(String name) {
        preferences.edit().putString(OPENED_NAME, name).apply();
    }
}
