package org.tflitesuite.demo;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.ContentResolver;
import android.content.Intent;
import android.net.Uri;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import java.util.Map;

import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.core.TestFiles;
import org.tflitesuite.demo.pictures.PictureLoader;
import org.tflitesuite.demo.views.RankedView;

@RunWith(AppTestRunner.class)
@Config(sdk = {26, 35})
public final class PictureActivityTest {
    private static Uri serve(byte[] file) {
        Uri uri = Uri.parse("content://test/" + file.length);
        ContentResolver resolver = RuntimeEnvironment.getApplication().getContentResolver();
        shadowOf(resolver).registerInputStreamSupplier(uri, () -> new ByteArrayInputStream(file));
        return uri;
    }

    private static PictureActivity pick(Uri uri) throws Exception {
        PictureActivity activity = Robolectric.setupActivity(PictureActivity.class);
        TestApplication.settle(activity);
        activity.findViewById(R.id.pick).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivity();
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, new Intent().setData(uri));
        TestApplication.settle(activity);
        return activity;
    }

    @Test
    public void aPictureIsClassified() throws Exception {
        Path picture = TestFiles.golden().resolve("colour_101x75.png");
        PictureActivity activity = pick(serve(Files.readAllBytes(picture)));
        assertFalse(TestApplication.isShown(activity, R.id.notice));
        assertTrue(TestApplication.text(activity, R.id.timing_inference).matches("[0-9.]{5,} ms"));
        RankedView first = activity.findViewById(R.id.ranked_0);
        assertTrue(String.valueOf(first.getContentDescription()).matches(".+: [0-9]+ percent"));
    }

    @Test
    public void whatIsNoPictureGivesAMessage() throws Exception {
        PictureActivity activity = pick(serve("no picture".getBytes("US-ASCII")));
        assertEquals(activity.getString(R.string.picture_failed), TestApplication.text(activity, R.id.notice_text));
        assertTrue(TestApplication.isShown(activity, R.id.notice));
    }

    @Test
    public void androidDecodesTheGoldenPicturesToThePixelsOfPython() throws Exception {
        int compared = 0;
        for (Map<?, ?> golden : TestFiles.cases(TestFiles.golden().resolve("index.json"))) {
            String name = (String) golden.get("picture");
            // Sixteen bits a sample and grey with alpha: Android's decoder rounds them its own way.
            if (name.startsWith("grey16") || !((String) golden.get("pixels")).endsWith(".rgb")) {
                continue;
            }
            byte[] expected = Files.readAllBytes(TestFiles.golden().resolve((String) golden.get("pixels")));
            Uri uri = serve(Files.readAllBytes(TestFiles.golden().resolve(name)));
            Picture picture = PictureLoader.load(RuntimeEnvironment.getApplication().getContentResolver(), uri);
            assertArrayEquals(name, expected, onWhite(picture));
            compared++;
        }
        assertTrue("compared " + compared, compared >= 20);
    }

    private static byte[] onWhite(Picture picture) {
        byte[] bytes = new byte[3 * picture.width * picture.height];
        for (int index = 0; index < bytes.length; index++) {
            int pixel = picture.argb()[index / 3];
            int alpha = pixel >>> 24;
            int colour = pixel >> 16 - 8 * (index % 3) & 0xFF;
            bytes[index] = (byte) ((colour * alpha + 255 * (255 - alpha) + 127) / 255);
        }
        return bytes;
    }
}
