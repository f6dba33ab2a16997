package org.tflitesuite.demo.models;

import java.nio.ByteBuffer;

import org.tensorflow.lite.Interpreter;
import org.tensorflow.lite.TensorFlowLite;
import org.tensorflow.lite.gpu.CompatibilityList;
import org.tensorflow.lite.gpu.GpuDelegate;
import org.tensorflow.lite.nnapi.NnApiDelegate;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelException.Reason;
import org.tflitesuite.demo.core.ModelFile;

/** TensorFlow Lite (or LiteRT 1.x, which has the same classes) as the app's engine. */
public final class TfliteEngine implements Engine {
    private final Interpreter interpreter;
    private final org.tensorflow.lite.Delegate delegate;

    /** Opens models with the library inside the app. */
    public static final class Factory implements Engine.Factory {
        @Override
        public Engine open(ModelFile model, int threads, Delegate delegate) throws ModelException {
            try {
                return new TfliteEngine(model, threads, delegate);
            } catch (RuntimeException | LinkageError error) {
                throw new ModelException(Reason.REFUSED, delegate.title + ": " + error.getMessage());
            }
        }

        @Override
        public boolean has(Delegate delegate) {
            if (delegate != Delegate.GPU) {
                return true;
            }
            try (CompatibilityList known = new CompatibilityList()) {
                return known.isDelegateSupportedOnThisDevice();
            } catch (RuntimeException | LinkageError error) {
                return false;
            }
        }

        @Override
        public String version() {
            try {
                return TensorFlowLite.runtimeVersion();
            } catch (RuntimeException | LinkageError error) {
                return "?";
            }
        }
    }

    private TfliteEngine(ModelFile model, int threads, Delegate kind) {
        Interpreter.Options options = new Interpreter.Options();
        options.setNumThreads(threads);
        options.setUseXNNPACK(kind == Delegate.XNNPACK);
        delegate = kind == Delegate.NNAPI ? new NnApiDelegate() : kind == Delegate.GPU ? new GpuDelegate() : null;
        Interpreter opened = null;
        try {
            if (delegate != null) {
                options.addDelegate(delegate);
            }
            opened = new Interpreter(model.content, options);
            check(opened, model);
        } catch (RuntimeException | LinkageError error) {
            close(opened, delegate);
            throw error;
        }
        interpreter = opened;
    }

    private static void check(Interpreter opened, ModelFile model) {
        int inputBytes = opened.getInputTensor(0).numBytes();
        int outputBytes = opened.getOutputTensor(0).numBytes();
        if (inputBytes != model.input.bytes() || outputBytes != model.output.bytes()) {
            throw new IllegalArgumentException("tensors of " + inputBytes + " and " + outputBytes + " bytes, the file says "
                    + model.input + " and " + model.output);
        }
    }

    @Override
    public long run(ByteBuffer input, ByteBuffer output) throws ModelException {
        input.rewind();
        output.rewind();
        try {
            interpreter.run(input, output);
        } catch (RuntimeException error) {
            throw new ModelException(Reason.REFUSED, String.valueOf(error.getMessage()));
        }
        output.rewind();
        return interpreter.getLastNativeInferenceDurationNanoseconds();
    }

    @Override
    public void close() {
        close(interpreter, delegate);
    }

    private static void close(Interpreter interpreter, org.tensorflow.lite.Delegate delegate) {
        if (interpreter != null) {
            interpreter.close();
        }
        if (delegate != null) {
            delegate.close();
        }
    }
}
