package org.tflitesuite.demo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.app.Activity;
import android.content.Intent;
import android.net.Uri;
import android.widget.RadioGroup;
import android.widget.TextView;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.annotation.Config;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.TestFiles;

@RunWith(AppTestRunner.class)
@Config(sdk = {26, 35})
public final class ModelActivityTest {
    private ModelActivity activity;

    @Before
    public void start() throws Exception {
        activity = Robolectric.setupActivity(ModelActivity.class);
        TestApplication.settle(activity);
    }

    private void open(byte[] file) throws Exception {
        Uri uri = Uri.parse("content://test/other.tflite");
        shadowOf(activity.getContentResolver()).registerInputStream(uri, new ByteArrayInputStream(file));
        activity.findViewById(R.id.open).performClick();
        Intent asked = shadowOf(activity).getNextStartedActivity();
        shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, new Intent().setData(uri));
        TestApplication.settle(activity);
    }

    @Test
    public void showsTheBundledModel() {
        assertFalse(TestApplication.isShown(activity, R.id.problem));
        assertFalse(TestApplication.text(activity, R.id.name).isEmpty());
        assertFalse(TestApplication.isShown(activity, R.id.bundled));
    }

    @Test
    public void opensAnotherModelAndReturnsToTheBundledOne() throws Exception {
        open(TestFiles.bundledModel());
        assertFalse(TestApplication.isShown(activity, R.id.problem));
        assertEquals("other.tflite", DemoApplication.of(activity).models().settings().openedName());
        assertTrue(TestApplication.isShown(activity, R.id.bundled));
        activity.findViewById(R.id.bundled).performClick();
        TestApplication.settle(activity);
        assertFalse(TestApplication.isShown(activity, R.id.bundled));
    }

    @Test
    public void unusableFilesGiveAMessageAndTheFormerModelStays() throws Exception {
        byte[] model = TestFiles.bundledModel();
        byte[] broken = model.clone();
        Arrays.fill(broken, 300, broken.length / 2, (byte) 0xA5);
        expectProblem("text".getBytes(StandardCharsets.US_ASCII), R.string.reason_not_tflite);
        expectProblem(new byte[0], R.string.reason_not_tflite);
        expectProblem(Arrays.copyOf(model, 40), R.string.reason_damaged);
        open(broken);
        assertTrue(TestApplication.isShown(activity, R.id.problem));
        assertEquals(null, DemoApplication.of(activity).models().settings().openedName());
    }

    private void expectProblem(byte[] file, int reason) throws Exception {
        open(file);
        assertTrue(TestApplication.isShown(activity, R.id.problem));
        assertEquals(
                activity.getString(reason) + "\n" + activity.getString(R.string.model_kept),
                TestApplication.text(activity, R.id.problem_text));
        assertEquals(null, DemoApplication.of(activity).models().settings().openedName());
    }

    @Test
    public void nnapiIsMarkedAsLegacy() {
        TextView choice = activity.findViewById(R.id.delegates).findViewById(1 + Delegate.NNAPI.ordinal());
        assertEquals("NNAPI (legacy)", choice.getText().toString());
    }

    @Test
    public void aDelegateThatDoesNotRunTheModelIsNotAdopted() throws Exception {
        RadioGroup delegates = activity.findViewById(R.id.delegates);
        delegates.check(1 + Delegate.NNAPI.ordinal());
        TestApplication.settle(activity);
        assertTrue(TestApplication.isShown(activity, R.id.problem));
        assertEquals(Delegate.XNNPACK, DemoApplication.of(activity).models().settings().choice().delegate);
        assertEquals("the choice shown is the one in force", 1 + Delegate.XNNPACK.ordinal(), delegates.getCheckedRadioButtonId());
        delegates.check(1 + Delegate.CPU.ordinal());
        TestApplication.settle(activity);
        assertEquals(Delegate.CPU, DemoApplication.of(activity).models().settings().choice().delegate);
    }
}
