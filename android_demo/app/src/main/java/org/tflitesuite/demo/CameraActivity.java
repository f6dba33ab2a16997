package org.tflitesuite.demo;

import android.Manifest;
import android.content.Intent;
import android.content.pm.PackageManager;
import android.graphics.Matrix;
import android.graphics.SurfaceTexture;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraManager;
import android.net.Uri;
import android.os.Bundle;
import android.provider.Settings;
import android.media.Image;
import android.util.Size;
import android.view.Surface;
import android.view.TextureView;
import android.view.View;

import java.util.List;

import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.pictures.CameraSession;
import org.tflitesuite.demo.pictures.FrameClassifier;
import org.tflitesuite.demo.views.FrameView;
import org.tflitesuite.demo.views.ModelErrorText;
import org.tflitesuite.demo.views.ResultPanel;

/** Classifies what the camera sees. */
public final class CameraActivity extends StageActivity implements FrameClassifier.Listener {
    private static final int ASK = 1;
    private static final String CAMERA = "camera";

    private TextureView preview;
    private CameraSession session;
    private FrameClassifier frames;
    private ModelFile model;
    private String[] cameras = {};
    private int chosen;
    private boolean resumed;
    private boolean refused;

    public CameraActivity() {
        super(R.string.tab_camera, R.layout.camera);
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        preview = findViewById(R.id.preview);
        // Without a picture the rounded stage shows, not a black rectangle.
        preview.setOpaque(false);
        chosen = state == null ? 0 : state.getInt(CAMERA);
        findViewById(R.id.switch_camera).setOnClickListener(view -> switchCamera());
        preview.setSurfaceTextureListener(new TextureView.SurfaceTextureListener() {
            @Override
            public void onSurfaceTextureAvailable(SurfaceTexture texture, int width, int height) {
                start();
            }

            @Override
            public void onSurfaceTextureSizeChanged(SurfaceTexture texture, int width, int height) {
                stop();
                start();
            }

            @Override
            public boolean onSurfaceTextureDestroyed(SurfaceTexture texture) {
                stop();
                return true;
            }

            @Override
            public void onSurfaceTextureUpdated(SurfaceTexture texture) {}
        });
    }

    @Override
    protected void onSaveInstanceState(Bundle state) {
        super.onSaveInstanceState(state);
        state.putInt(CAMERA, chosen);
    }

    @Override
    protected void onResume() {
        super.onResume();
        resumed = true;
        cameras = findCameras();
        findViewById(R.id.switch_camera).setVisibility(cameras.length > 1 ? View.VISIBLE : View.GONE);
        if (cameras.length == 0) {
            notice.show(getString(R.string.camera_none), R.string.tab_picture, this::pickInstead);
        } else if (checkSelfPermission(Manifest.permission.CAMERA) != PackageManager.PERMISSION_GRANTED) {
            askForPermission();
        } else {
            notice.hide();
            start();
        }
    }

    @Override
    protected void onPause() {
        resumed = false;
        stop();
        super.onPause();
    }

    @Override
    protected void onModel(ModelFile file, String openedName, ModelSettings.Choice choice) {
        model = file;
        start();
    }

    @Override
    protected void onNoModel(ModelException error) {
        notice.show(getString(ModelErrorText.text(error.reason())));
    }

    private String[] findCameras() {
        try {
            return getSystemService(CameraManager.class).getCameraIdList();
        } catch (CameraAccessException error) {
            return new String[0];
        }
    }

    private void pickInstead() {
        startActivity(new Intent(this, PictureActivity.class).addFlags(Intent.FLAG_ACTIVITY_REORDER_TO_FRONT));
    }

    private void askForPermission() {
        if (refused && !shouldShowRequestPermissionRationale(Manifest.permission.CAMERA)) {
            notice.show(
                    getString(R.string.camera_permission_settings),
                    R.string.camera_permission_settings_button,
                    () -> startActivity(new Intent(
                            Settings.ACTION_APPLICATION_DETAILS_SETTINGS,
                            Uri.fromParts("package", getPackageName(), null))));
        } else {
            notice.show(
                    getString(R.string.camera_permission),
                    R.string.camera_permission_button,
                    () -> requestPermissions(new String[] {Manifest.permission.CAMERA}, ASK));
        }
    }

    @Override
    public void onRequestPermissionsResult(int request, String[] permissions, int[] results) {
        super.onRequestPermissionsResult(request, permissions, results);
        // An empty answer means that the question was interrupted, not refused. onResume follows and looks again.
        refused = results.length > 0 && results[0] != PackageManager.PERMISSION_GRANTED;
        if (refused) {
            askForPermission();
        }
    }

    private void switchCamera() {
        chosen++;
        stop();
        start();
    }

    /** Starts as soon as screen, surface, permission, camera and model are all there. */
    private void start() {
        boolean allowed = checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED;
        if (session != null || !resumed || !allowed || model == null || cameras.length == 0 || !preview.isAvailable()) {
            return;
        }
        String camera = cameras[chosen % cameras.length];
        try {
            CameraCharacteristics facts = getSystemService(CameraManager.class).getCameraCharacteristics(camera);
            Size size = CameraSession.chooseSize(facts, Math.max(model.contract.resizeHeight, model.contract.resizeWidth));
            if (size == null) {
                onCameraFailure();
                return;
            }
            Integer mounted = facts.get(CameraCharacteristics.SENSOR_ORIENTATION);
            int orientation = mounted == null ? 0 : mounted;
            Integer facing = facts.get(CameraCharacteristics.LENS_FACING);
            boolean front = facing != null && facing == CameraCharacteristics.LENS_FACING_FRONT;
            layOut(size, orientation);
            frames = new FrameClassifier(DemoApplication.of(this), uprightTurn(orientation, front), this);
            open(camera, size);
        } catch (CameraAccessException | IllegalArgumentException error) {
            onCameraFailure();
        }
    }

    private void open(String camera, Size size) {
        FrameClassifier receiver = frames;
        session = new CameraSession(this, new CameraSession.Listener() {
            @Override
            public void onFrame(Image frame) {
                receiver.accept(frame);
            }

            @Override
            public void onFailure() {
                runOnUiThread(CameraActivity.this::onCameraFailure);
            }
        });
        session.open(camera, size, preview.getSurfaceTexture());
    }

    private void stop() {
        if (frames != null) {
            frames.stop();
            frames = null;
        }
        if (session != null) {
            session.close();
            session = null;
        }
    }

    private void onCameraFailure() {
        stop();
        notice.show(getString(R.string.camera_failed), R.string.camera_retry_button, () -> {
            notice.hide();
            start();
        });
    }

    private int displayDegrees() {
        switch (preview.getDisplay() == null ? Surface.ROTATION_0 : preview.getDisplay().getRotation()) {
            case Surface.ROTATION_90:
                return 90;
            case Surface.ROTATION_180:
                return 180;
            case Surface.ROTATION_270:
                return 270;
            default:
                return 0;
        }
    }

    /** Clockwise turn that makes a sensor's frame upright on the display as it is held. */
    private int uprightTurn(int orientation, boolean front) {
        return (orientation + (front ? displayDegrees() : 360 - displayDegrees())) % 360;
    }

    /**
     * Fits the whole frame into the view, upright. By itself a TextureView turns frames for the device's natural
     * orientation and stretches them over the view.
     */
    private void layOut(Size size, int orientation) {
        float width = preview.getWidth();
        float height = preview.getHeight();
        int turn = displayDegrees();
        boolean naturallySideways = orientation % 180 != 0;
        float naturalWidth = naturallySideways ? size.getHeight() : size.getWidth();
        float naturalHeight = naturallySideways ? size.getWidth() : size.getHeight();
        boolean turned = turn % 180 != 0;
        float scale = Math.min(
                width / (turned ? naturalHeight : naturalWidth), height / (turned ? naturalWidth : naturalHeight));
        Matrix matrix = new Matrix();
        matrix.setScale(scale * naturalWidth / width, scale * naturalHeight / height, width / 2, height / 2);
        matrix.postRotate(-turn, width / 2, height / 2);
        preview.setTransform(matrix);
    }

    @Override
    public void onResult(
            ModelFile used, Picture frame, float[] seenPart, Classifier.Result result, List<Integer> answered,
            double framesPerSecond) {
        this.<FrameView>findViewById(R.id.frame).frame(frame.width, frame.height, seenPart);
        this.<ResultPanel>findViewById(R.id.results).show(used, result, answered, framesPerSecond);
    }

    @Override
    public void onModelFailure(ModelException error) {
        stop();
        notice.show(getString(ModelErrorText.text(error.reason())));
    }
}
