package org.tflitesuite.demo.core;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;

/** A model with its engine: from a picture to ranked classes, each step timed. Used by one thread at a time. */
public final class Classifier implements Closeable {
    private static final int RANKED = 3;

    private final ModelFile model;
    private final Engine engine;
    private final Preprocessor preprocessor;
    private final PixelWriter writer;
    private final ByteBuffer input;
    private final ByteBuffer output;

    /** What one picture gave. */
    public static final class Result {
        public final List<Scores.Ranked> top;
        /** The answer by the model's decision. */
        public final Decision.Answer answer;
        public final long preprocessingNanos;
        public final long inferenceNanos;
        public final long postprocessingNanos;

        Result(Decision.Answer answer, long preprocessingNanos, long inferenceNanos, long postprocessingNanos) {
            this.top = Collections.unmodifiableList(Scores.top(answer.probabilities, RANKED));
            this.answer = answer;
            this.preprocessingNanos = preprocessingNanos;
            this.inferenceNanos = inferenceNanos;
            this.postprocessingNanos = postprocessingNanos;
        }
    }

    /** Takes over the engine: closing the classifier closes it. */
    public Classifier(ModelFile model, Engine engine) {
        this.model = model;
        this.engine = engine;
        preprocessor = new Preprocessor(model.contract);
        writer = new PixelWriter(model.input);
        input = ByteBuffer.allocateDirect(model.input.bytes()).order(ByteOrder.nativeOrder());
        output = ByteBuffer.allocateDirect(model.output.bytes()).order(ByteOrder.nativeOrder());
    }

    public ModelFile model() {
        return model;
    }

    /** Classifies a picture. */
    public Result classify(Picture picture) throws ModelException {
        long begin = System.nanoTime();
        setPixels(preprocessor.run(picture));
        long ready = System.nanoTime();
        long inference = engine.run(input, output);
        long done = System.nanoTime();
        Decision.Answer answer = model.decision.answer(Scores.dequantize(model.output, output));
        return new Result(answer, ready - begin, inference, System.nanoTime() - done);
    }

    /** Fills the input tensor with pixels from 0 to 255, as unsigned bytes. */
    public void setPixels(byte[] pixels) {
        writer.write(pixels, input);
    }

    /** Runs the model again on what is in the input tensor; returns its nanoseconds. */
    public long runAgain() throws ModelException {
        return engine.run(input, output);
    }

    /** Returns a copy of the raw output tensor of the last run. */
    public byte[] rawOutput() {
        byte[] bytes = new byte[output.capacity()];
        output.rewind();
        output.get(bytes);
        output.rewind();
        return bytes;
    }

    @Override
    public void close() {
        engine.close();
    }
}
