package org.tflitesuite.demo;

import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.app.Activity;
import android.content.ContentResolver;
import android.content.Intent;
import android.graphics.Bitmap;
import android.graphics.Canvas;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraManager;
import android.net.Uri;
import android.os.Looper;
import android.view.View;
import android.view.ViewGroup;
import android.widget.ImageView;
import android.widget.RadioGroup;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

import org.junit.Assume;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowCameraCharacteristics;

import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.core.Preprocessor;
import org.tflitesuite.demo.core.TestFiles;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.pictures.PictureLoader;

/** Draws every screen, with results that TensorFlow Lite really gave, into the folder {@code screenshots.dir}. */
@RunWith(AppTestRunner.class)
public final class ScreenshotTest {
    private static final String PORTRAIT = "w393dp-h830dp-port-xhdpi";
    private static final String LANDSCAPE = "w830dp-h393dp-land-xhdpi";

    private Path folder;

    @Before
    public void findFolder() {
        String property = System.getProperty("screenshots.dir", "");
        Assume.assumeFalse("no -Dscreenshots.dir", property.isEmpty());
        folder = Paths.get(property);
    }

    @Test
    @Config(qualifiers = PORTRAIT)
    public void light() throws Exception {
        drawAll("light");
    }

    @Test
    @Config(qualifiers = "w393dp-h830dp-port-night-xhdpi")
    public void dark() throws Exception {
        drawAll("dark");
    }

    @Test
    @Config(qualifiers = LANDSCAPE)
    public void landscape() throws Exception {
        drawAll("landscape");
    }

    @Test
    @Config(qualifiers = "w830dp-h393dp-land-night-xhdpi")
    public void landscapeInTheDark() throws Exception {
        drawAll("landscape_dark");
    }

    @Test
    @Config(qualifiers = "zh-rCN-" + PORTRAIT)
    public void chinese() throws Exception {
        drawAll("zh");
    }

    private void drawAll(String name) throws Exception {
        DemoApplication app = DemoApplication.of(RuntimeEnvironment.getApplication());
        app.models().settings().setChoice(new ModelSettings.Choice(1, Delegate.XNNPACK));
        drawMessages(name);
        drawCamera(name);
        drawPicture(name);
        drawBenchmark(name);
        drawModel(name);
    }

    private void drawMessages(String name) throws Exception {
        Activity camera = Robolectric.setupActivity(CameraActivity.class);
        TestApplication.settle(camera);
        draw(camera, "message_" + name);
    }

    private void drawCamera(String name) throws Exception {
        CameraManager manager = RuntimeEnvironment.getApplication().getSystemService(CameraManager.class);
        for (String id : new String[] {"0", "1"}) {
            CameraCharacteristics facts = ShadowCameraCharacteristics.newCameraCharacteristics();
            shadowOf(facts).set(CameraCharacteristics.SENSOR_ORIENTATION, 90);
            shadowOf(manager).addCamera(id, facts);
        }
        shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.CAMERA);
        CameraActivity activity = Robolectric.setupActivity(CameraActivity.class);
        TestApplication.settle(activity);
        Picture picture = TestFiles.picture(shown());
        DemoApplication app = DemoApplication.of(activity);
        app.inference(() -> {
            try {
                Classifier classifier = app.models().classifier();
                ModelFile model = classifier.model();
                classifier.classify(picture);
                Classifier.Result result = classifier.classify(picture);
                float[] part = new Preprocessor(model.contract).seenPart(picture);
                long nanos = result.preprocessingNanos + result.inferenceNanos + result.postprocessingNanos;
                app.main(() -> activity.onResult(model, picture, part, result, result.answer.answered, 1e9 / nanos));
            } catch (Exception error) {
                throw new AssertionError(error);
            }
        });
        TestApplication.settle(activity);
        // No camera feeds the preview here: the picture lies in its place.
        ImageView preview = new ImageView(activity);
        preview.setImageBitmap(PictureLoader.preview(picture, 1440));
        preview.setScaleType(ImageView.ScaleType.FIT_CENTER);
        activity.<ViewGroup>findViewById(R.id.stage).addView(preview, 0);
        activity.findViewById(R.id.preview).setVisibility(View.GONE);
        draw(activity, "camera_" + name);
    }

    private void drawPicture(String name) throws Exception {
        byte[] file = Files.readAllBytes(shown());
        Uri uri = Uri.parse("content://test/picture");
        ContentResolver resolver = RuntimeEnvironment.getApplication().getContentResolver();
        shadowOf(resolver).registerInputStreamSupplier(uri, () -> new ByteArrayInputStream(file));
        PictureActivity activity = Robolectric.setupActivity(PictureActivity.class);
        TestApplication.settle(activity);
        activity.findViewById(R.id.pick).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivity();
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, new Intent().setData(uri));
        TestApplication.settle(activity);
        draw(activity, "picture_" + name);
    }

    private void drawBenchmark(String name) throws Exception {
        BenchmarkActivity activity = Robolectric.setupActivity(BenchmarkActivity.class);
        TestApplication.settle(activity);
        activity.<RadioGroup>findViewById(R.id.runs).check(200);
        activity.findViewById(R.id.start).performClick();
        TestApplication.settle(activity);
        draw(activity, "benchmark_" + name);
    }

    private void drawModel(String name) throws Exception {
        ModelActivity activity = Robolectric.setupActivity(ModelActivity.class);
        TestApplication.settle(activity);
        draw(activity, "model_" + name);
        Uri uri = Uri.parse("content://test/holiday.jpg");
        shadowOf(activity.getContentResolver()).registerInputStream(uri, new ByteArrayInputStream(new byte[100]));
        activity.findViewById(R.id.open).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivity();
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, new Intent().setData(uri));
        TestApplication.settle(activity);
        draw(activity, "refused_" + name);
    }

    /** The photograph that the screens show: `-Dscreenshots.picture`, else a golden picture. */
    private static Path shown() {
        String property = System.getProperty("screenshots.picture", "");
        return property.isEmpty() ? TestFiles.golden().resolve("colour_64x97.png") : Paths.get(property);
    }

    private void draw(Activity activity, String name) throws Exception {
        shadowOf(Looper.getMainLooper()).idle();
        View window = activity.getWindow().getDecorView();
        Bitmap bitmap = Bitmap.createBitmap(window.getWidth(), window.getHeight(), Bitmap.Config.ARGB_8888);
        window.draw(new Canvas(bitmap));
        File file = folder.resolve(name + ".png").toFile();
        assertTrue(file.getParentFile().isDirectory() || file.getParentFile().mkdirs());
        try (FileOutputStream stream = new FileOutputStream(file)) {
            bitmap.compress(Bitmap.CompressFormat.PNG, 100, stream);
        }
    }
}
