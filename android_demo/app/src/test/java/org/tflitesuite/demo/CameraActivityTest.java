package org.tflitesuite.demo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.robolectric.Shadows.shadowOf;

import android.Manifest;
import android.content.pm.PackageManager;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraManager;

import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.shadows.ShadowCameraCharacteristics;

@RunWith(AppTestRunner.class)
@Config(sdk = {26, 35})
public final class CameraActivityTest {
    private static void addCamera() {
        CameraManager manager = RuntimeEnvironment.getApplication().getSystemService(CameraManager.class);
        CameraCharacteristics facts = ShadowCameraCharacteristics.newCameraCharacteristics();
        shadowOf(facts).set(CameraCharacteristics.SENSOR_ORIENTATION, 90);
        shadowOf(manager).addCamera("0", facts);
    }

    @Test
    public void withoutACameraItOffersPictures() throws Exception {
        CameraActivity activity = Robolectric.setupActivity(CameraActivity.class);
        TestApplication.settle(activity);
        assertEquals(activity.getString(R.string.camera_none), TestApplication.text(activity, R.id.notice_text));
        activity.findViewById(R.id.notice_button).performClick();
        assertEquals(
                PictureActivity.class.getName(),
                shadowOf(activity).getNextStartedActivity().getComponent().getClassName());
    }

    @Test
    public void itExplainsAndAsksForThePermission() throws Exception {
        addCamera();
        CameraActivity activity = Robolectric.setupActivity(CameraActivity.class);
        TestApplication.settle(activity);
        assertEquals(activity.getString(R.string.camera_permission), TestApplication.text(activity, R.id.notice_text));
        activity.findViewById(R.id.notice_button).performClick();
        assertEquals(
                Manifest.permission.CAMERA, shadowOf(activity).getLastRequestedPermission().requestedPermissions[0]);
    }

    @Test
    public void refusedForGoodItLeadsToTheSettings() throws Exception {
        addCamera();
        CameraActivity activity = Robolectric.setupActivity(CameraActivity.class);
        activity.onRequestPermissionsResult(
                1, new String[] {Manifest.permission.CAMERA}, new int[] {PackageManager.PERMISSION_DENIED});
        assertEquals(
                activity.getString(R.string.camera_permission_settings),
                TestApplication.text(activity, R.id.notice_text));
        activity.findViewById(R.id.notice_button).performClick();
        assertEquals("package:" + activity.getPackageName(), shadowOf(activity).getNextStartedActivity().getDataString());
    }

    @Test
    public void allowedItShowsTheModelAndSurvivesTheBackground() throws Exception {
        addCamera();
        shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.CAMERA);
        ActivityController<CameraActivity> controller = Robolectric.buildActivity(CameraActivity.class).setup();
        CameraActivity activity = controller.get();
        TestApplication.settle(activity);
        assertFalse(TestApplication.isShown(activity, R.id.notice));
        assertTrue(TestApplication.text(activity, R.id.model_line).contains("XNNPACK"));
        controller.pause().stop();
        DemoApplication.of(activity).onTrimMemory(android.content.ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN);
        controller.restart().start().resume();
        TestApplication.settle(activity);
        assertTrue(TestApplication.text(activity, R.id.model_line).contains("XNNPACK"));
        controller.recreate();
        controller.pause().stop().destroy();
    }
}
