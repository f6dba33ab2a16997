package org.tflitesuite.demo.pictures;

import android.content.Context;
import android.graphics.ImageFormat;
import android.graphics.SurfaceTexture;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraCaptureSession;
import android.hardware.camera2.CameraCharacteristics;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.hardware.camera2.CaptureRequest;
import android.hardware.camera2.params.StreamConfigurationMap;
import android.media.Image;
import android.media.ImageReader;
import android.os.Handler;
import android.os.HandlerThread;
import android.util.Size;
import android.view.Surface;

import java.util.Arrays;

/** One open camera: a preview on a surface, and frames for whoever listens. */
public final class CameraSession {
    /** Told of frames and failures, on the camera's own thread. */
    public interface Listener {
        /** Takes over a frame and must close it. */
        void onFrame(Image frame);

        void onFailure();
    }

    private static final int FRAMES_HELD = 2;
    private static final int SMALLEST_SIDE = 480;

    private final CameraManager manager;
    private final Listener listener;
    private final HandlerThread thread = new HandlerThread("camera");
    private final Handler handler;
    private CameraDevice device;
    private ImageReader reader;
    private boolean closed;

    public CameraSession(Context context, Listener listener) {
        manager = context.getSystemService(CameraManager.class);
        this.listener = listener;
        thread.start();
        handler = new Handler(thread.getLooper());
    }

    /**
     * Chooses the frame size: the smallest that loses nothing to the contract, of 480 pixels at least.
     *
     * @param needed the longer side to which the contract scales
     */
    public static Size chooseSize(CameraCharacteristics camera, int needed) {
        StreamConfigurationMap map = camera.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP);
        Size[] sizes = map == null ? null : map.getOutputSizes(ImageFormat.YUV_420_888);
        if (sizes == null || sizes.length == 0) {
            return null;
        }
        Size best = null;
        int least = Math.max(needed, SMALLEST_SIDE);
        for (Size size : sizes) {
            if (best == null || isBetter(size, best, least)) {
                best = size;
            }
        }
        return best;
    }

    private static boolean isBetter(Size size, Size best, int least) {
        int side = Math.min(size.getWidth(), size.getHeight());
        int bestSide = Math.min(best.getWidth(), best.getHeight());
        if (side >= least && bestSide >= least) {
            return area(size) < area(best);
        }
        return side >= least || bestSide < least && area(size) > area(best);
    }

    private static long area(Size size) {
        return (long) size.getWidth() * size.getHeight();
    }

    /** Opens the camera; the permission must be there. */
    public void open(String camera, Size size, SurfaceTexture preview) {
        preview.setDefaultBufferSize(size.getWidth(), size.getHeight());
        Surface surface = new Surface(preview);
        reader = ImageReader.newInstance(size.getWidth(), size.getHeight(), ImageFormat.YUV_420_888, FRAMES_HELD);
        reader.setOnImageAvailableListener(this::deliver, handler);
        try {
            manager.openCamera(camera, new CameraDevice.StateCallback() {
                @Override
                public void onOpened(CameraDevice opened) {
                    start(opened, surface);
                }

                @Override
                public void onDisconnected(CameraDevice opened) {
                    fail(opened);
                }

                @Override
                public void onError(CameraDevice opened, int error) {
                    fail(opened);
                }
            }, handler);
        } catch (CameraAccessException | SecurityException | IllegalArgumentException error) {
            handler.post(() -> fail(null));
        }
    }

    private void deliver(ImageReader source) {
        Image frame = source.acquireLatestImage();
        if (frame != null) {
            listener.onFrame(frame);
        }
    }

    // The newer call takes an executor and exists from Android 9 on; this one works everywhere.
    @SuppressWarnings("deprecation")
    private synchronized void start(CameraDevice opened, Surface surface) {
        if (closed) {
            opened.close();
            return;
        }
        device = opened;
        try {
            CaptureRequest.Builder request = opened.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW);
            request.addTarget(surface);
            request.addTarget(reader.getSurface());
            request.set(CaptureRequest.CONTROL_AF_MODE, CaptureRequest.CONTROL_AF_MODE_CONTINUOUS_PICTURE);
            opened.createCaptureSession(
                    Arrays.asList(surface, reader.getSurface()),
                    new CameraCaptureSession.StateCallback() {
                        @Override
                        public void onConfigured(CameraCaptureSession session) {
                            repeat(session, request.build());
                        }

                        @Override
                        public void onConfigureFailed(CameraCaptureSession session) {
                            fail(opened);
                        }
                    },
                    handler);
        } catch (CameraAccessException | IllegalStateException | IllegalArgumentException error) {
            fail(opened);
        }
    }

    private synchronized void repeat(CameraCaptureSession session, CaptureRequest request) {
        if (closed) {
            return;
        }
        try {
            session.setRepeatingRequest(request, null, handler);
        } catch (CameraAccessException | IllegalStateException error) {
            fail(device);
        }
    }

    private void fail(CameraDevice opened) {
        if (opened != null) {
            opened.close();
        }
        synchronized (this) {
            if (closed) {
                return;
            }
        }
        listener.onFailure();
    }

    /** Frees the camera for other apps. Frames that were handed out stay valid until they are closed. */
    public synchronized void close() {
        closed = true;
        if (device != null) {
            device.close();
        }
        if (reader != null) {
            reader.setOnImageAvailableListener(null, null);
        }
        handler.post(() -> {
            if (reader != null) {
                reader.close();
            }
            thread.quitSafely();
        });
    }
}
