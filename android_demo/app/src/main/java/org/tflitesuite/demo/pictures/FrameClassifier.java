package org.tflitesuite.demo.pictures;

import android.media.Image;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.tflitesuite.demo.DemoApplication;
import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.Consensus;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.core.Preprocessor;
import org.tflitesuite.demo.core.YuvConverter;
import org.tflitesuite.demo.core.YuvPlane;

/** Classifies camera frames one at a time; frames that arrive meanwhile are dropped. */
public final class FrameClassifier {
    /** Told of results on the main thread. */
    public interface Listener {
        void onResult(ModelFile model, Picture frame, float[] seenPart, Classifier.Result result,
                List<Integer> answered, double framesPerSecond);

        void onModelFailure(ModelException error);
    }

    private static final int FRAMES_COUNTED = 20;

    private final DemoApplication app;
    private final Listener listener;
    private final int rotation;
    private final YuvConverter converter = new YuvConverter();
    private final AtomicBoolean busy = new AtomicBoolean();
    private final ArrayDeque<Long> finished = new ArrayDeque<>();
    private volatile boolean stopped;
    private ModelFile agreeing;
    private Consensus consensus;

    /**
     * Makes a classifier for one opened camera.
     *
     * @param rotation clockwise turn that makes its frames upright: 0, 90, 180 or 270 degrees
     */
    public FrameClassifier(DemoApplication app, int rotation, Listener listener) {
        this.app = app;
        this.rotation = rotation;
        this.listener = listener;
    }

    /** Takes over a frame. */
    public void accept(Image frame) {
        if (stopped || !busy.compareAndSet(false, true)) {
            frame.close();
            return;
        }
        app.inference(() -> {
            try {
                classify(frame);
            } finally {
                busy.set(false);
            }
        });
    }

    /** No result comes after this. */
    public void stop() {
        stopped = true;
    }

    private void classify(Image frame) {
        try {
            if (stopped) {
                return;
            }
            Picture picture = convert(frame);
            Classifier classifier = app.models().classifier();
            Classifier.Result result = classifier.classify(picture);
            float[] part = new Preprocessor(classifier.model().contract).seenPart(picture);
            double rate = countFrame();
            List<Integer> answered = agree(classifier.model(), result);
            tell(() -> listener.onResult(classifier.model(), picture, part, result, answered, rate));
        } catch (ModelException error) {
            stopped = true;
            app.main(() -> listener.onModelFailure(error));
        } catch (IllegalStateException error) {
            // The camera was closed while the frame was read; its memory is gone.
            stopped = true;
        } finally {
            frame.close();
        }
    }

    /** Returns what the latest frames agree on; another model begins anew. */
    private List<Integer> agree(ModelFile model, Classifier.Result result) {
        if (model != agreeing) {
            agreeing = model;
            consensus = new Consensus(model.decision.frames);
        }
        return model.decision.answerOf(consensus.add(result.answer.answered));
    }

    private void tell(Runnable task) {
        app.main(() -> {
            if (!stopped) {
                task.run();
            }
        });
    }

    private Picture convert(Image frame) {
        Image.Plane[] planes = frame.getPlanes();
        return converter.convert(
                plane(planes[0]), plane(planes[1]), plane(planes[2]), frame.getWidth(), frame.getHeight(), rotation);
    }

    private static YuvPlane plane(Image.Plane plane) {
        return new YuvPlane(plane.getBuffer(), plane.getRowStride(), plane.getPixelStride());
    }

    /** Frames per second over the last frames; 0 until there are two. */
    private double countFrame() {
        finished.addLast(System.nanoTime());
        if (finished.size() > FRAMES_COUNTED) {
            finished.removeFirst();
        }
        long span = finished.getLast() - finished.getFirst();
        return span > 0 ? (finished.size() - 1) * 1e9 / span : 0;
    }
}
