package org.tflitesuite.demo;

import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.Context;
import android.os.Looper;
import android.view.View;
import android.widget.TextView;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.core.JvmEngine;

/** The app with a TensorFlow Lite that runs on the JVM. */
public final class TestApplication extends DemoApplication {
    @Override
    protected Engine.Factory createEngines() {
        return new JvmEngine.Factory();
    }

    /** Waits until the inference thread and the main thread have nothing left to do. */
    static void settle(Context context) throws InterruptedException {
        for (int round = 0; round < 4; round++) {
            CountDownLatch done = new CountDownLatch(1);
            DemoApplication.of(context).inference(done::countDown);
            if (!done.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the inference thread hangs");
            }
            shadowOf(Looper.getMainLooper()).idle();
        }
    }

    static String text(Activity activity, int view) {
        return activity.<TextView>findViewById(view).getText().toString();
    }

    static boolean isShown(Activity activity, int view) {
        return activity.findViewById(view).getVisibility() == View.VISIBLE;
    }
}
