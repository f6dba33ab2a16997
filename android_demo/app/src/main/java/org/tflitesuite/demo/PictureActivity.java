package org.tflitesuite.demo;

import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.graphics.Bitmap;
import android.net.Uri;
import android.os.Bundle;
import android.view.View;
import android.widget.ImageView;

import java.io.IOException;

import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.core.Preprocessor;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.pictures.PictureLoader;
import org.tflitesuite.demo.views.FrameView;
import org.tflitesuite.demo.views.ModelErrorText;
import org.tflitesuite.demo.views.ResultPanel;

/** Classifies a picture that the user picks. */
public final class PictureActivity extends StageActivity {
    private static final int PICK = 1;
    private static final int LONGEST_SHOWN_SIDE = 1440;
    private static final String SHOWN = "shown";

    private ResultPanel results;
    private Uri shown;

    public PictureActivity() {
        super(R.string.tab_picture, R.layout.picture);
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        results = findViewById(R.id.results);
        results.setAccessibilityLiveRegion(View.ACCESSIBILITY_LIVE_REGION_POLITE);
        findViewById(R.id.pick).setOnClickListener(view -> pick());
        notice.show(getString(R.string.picture_hint));
        if (state != null && state.getString(SHOWN) != null) {
            shown = Uri.parse(state.getString(SHOWN));
        }
    }

    @Override
    protected void onSaveInstanceState(Bundle state) {
        super.onSaveInstanceState(state);
        state.putString(SHOWN, shown == null ? null : shown.toString());
    }

    @Override
    protected void onModel(ModelFile file, String openedName, ModelSettings.Choice choice) {
        // Another model or setting may be in use since the picture was classified.
        if (shown != null) {
            classify(shown);
        }
    }

    @Override
    protected void onNoModel(ModelException error) {
        fail(getString(ModelErrorText.text(error.reason())));
    }

    private void pick() {
        Intent intent = new Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*");
        try {
            startActivityForResult(intent, PICK);
        } catch (ActivityNotFoundException error) {
            fail(getString(R.string.picture_failed));
        }
    }

    @Override
    protected void onActivityResult(int request, int outcome, Intent data) {
        super.onActivityResult(request, outcome, data);
        if (request == PICK && outcome == RESULT_OK && data != null && data.getData() != null) {
            shown = data.getData();
            classify(shown);
        }
    }

    private void classify(Uri uri) {
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> {
            try {
                Picture picture = PictureLoader.load(getContentResolver(), uri);
                Classifier classifier = app.models().classifier();
                ModelFile model = classifier.model();
                Classifier.Result result = classifier.classify(picture);
                float[] part = new Preprocessor(model.contract).seenPart(picture);
                Bitmap preview = PictureLoader.preview(picture, LONGEST_SHOWN_SIDE);
                app.main(() -> show(preview, part, model, result));
            } catch (ModelException error) {
                app.main(() -> fail(getString(ModelErrorText.text(error.reason()))));
            } catch (IOException error) {
                app.main(() -> fail(getString(R.string.picture_failed)));
            } catch (OutOfMemoryError error) {
                app.main(() -> fail(getString(R.string.picture_too_large)));
            }
        });
    }

    private void show(Bitmap preview, float[] part, ModelFile model, Classifier.Result result) {
        notice.hide();
        this.<ImageView>findViewById(R.id.image).setImageBitmap(preview);
        this.<FrameView>findViewById(R.id.frame).frame(preview.getWidth(), preview.getHeight(), part);
        results.show(model, result, result.answer.answered, 0);
    }

    private void fail(String message) {
        this.<ImageView>findViewById(R.id.image).setImageDrawable(null);
        this.<FrameView>findViewById(R.id.frame).frame(1, 1, null);
        results.clear();
        notice.show(message);
    }
}
