package org.tflitesuite.demo.models;

import android.content.ContentProviderClient;
import android.content.Context;
import android.os.Bundle;
import android.os.RemoteException;
import android.os.SystemClock;

import java.io.File;

import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelException.Reason;

/** Runs a model once in the process of {@link TrialProvider}, which it may bring down. */
public final class ModelTrial {
    private ModelTrial() {}

    /**
     * Tries a model; blocks until it ran.
     *
     * @param path the model's file; null for the bundled model
     * @throws ModelException if it did not run to its end
     */
    public static void run(Context context, File path, ModelSettings.Choice choice) throws ModelException {
        Bundle request = new Bundle();
        request.putInt(TrialProvider.THREADS, choice.threads);
        request.putString(TrialProvider.DELEGATE, choice.delegate.name());
        long begin = SystemClock.elapsedRealtime();
        // Unstable: with a stable client, Android would end this process along with the provider's.
        try (ContentProviderClient client =
                context.getContentResolver().acquireUnstableContentProviderClient(TrialProvider.AUTHORITY)) {
            if (client == null) {
                throw new ModelException(Reason.CRASHED, "the trial process did not start");
            }
            Bundle answer = client.call(TrialProvider.RUN, path == null ? null : path.getPath(), request);
            if (answer != null && answer.containsKey(TrialProvider.REASON)) {
                throw new ModelException(
                        Reason.valueOf(answer.getString(TrialProvider.REASON)), answer.getString(TrialProvider.DETAIL));
            }
        } catch (RemoteException error) {
            boolean late = SystemClock.elapsedRealtime() - begin >= TrialProvider.MOST_MILLISECONDS;
            throw new ModelException(late ? Reason.TIMED_OUT : Reason.CRASHED, choice.delegate.title);
        }
    }
}
