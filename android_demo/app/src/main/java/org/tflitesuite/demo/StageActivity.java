package org.tflitesuite.demo;

import android.os.Bundle;

import org.tflitesuite.demo.views.StageMessage;

/** A screen with a stage, where a picture stands or a message in its place. */
abstract class StageActivity extends ScreenActivity {
    protected StageMessage notice;

    StageActivity(int title, int layout) {
        super(title, layout);
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        notice = new StageMessage(this);
    }
}
