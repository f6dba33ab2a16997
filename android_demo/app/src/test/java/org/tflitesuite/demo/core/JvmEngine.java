package org.tflitesuite.demo.core;

import java.nio.ByteBuffer;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithoutDefaultDelegates;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;
import org.bytedeco.tensorflowlite.global.tensorflowlite;
import org.tflitesuite.demo.core.ModelException.Reason;

/** Real TensorFlow Lite on the JVM, in place of the phone's. */
public final class JvmEngine implements Engine {
    private final BytePointer content;
    private final FlatBufferModel model;
    private final Interpreter interpreter;

    /** Opens models with Bytedeco's build of TensorFlow Lite. */
    public static final class Factory implements Engine.Factory {
        @Override
        public Engine open(ModelFile model, int threads, Delegate delegate) throws ModelException {
            return new JvmEngine(model, threads, delegate);
        }

        @Override
        public boolean has(Delegate delegate) {
            return delegate == Delegate.XNNPACK || delegate == Delegate.CPU;
        }

        @Override
        public String version() {
            Loader.load(tensorflowlite.class);
            return tensorflowlite.TfLiteVersion().getString();
        }
    }

    private JvmEngine(ModelFile file, int threads, Delegate delegate) throws ModelException {
        Loader.load(tensorflowlite.class);
        if (delegate != Delegate.XNNPACK && delegate != Delegate.CPU) {
            throw new ModelException(Reason.REFUSED, delegate.title + ": not on the JVM");
        }
        byte[] bytes = new byte[file.content.limit()];
        ByteBuffer view = file.content.duplicate();
        view.rewind();
        view.get(bytes);
        content = new BytePointer(bytes.length).put(bytes);
        model = FlatBufferModel.VerifyAndBuildFromBuffer(content, bytes.length);
        if (model == null || model.isNull()) {
            throw new ModelException(Reason.REFUSED, "the verifier refuses the file");
        }
        BuiltinOpResolver operators =
                delegate == Delegate.XNNPACK ? new BuiltinOpResolver() : new BuiltinOpResolverWithoutDefaultDelegates();
        interpreter = new Interpreter((org.bytedeco.javacpp.Pointer) null);
        InterpreterBuilder builder = new InterpreterBuilder(model, operators);
        builder.SetNumThreads(threads);
        if (builder.apply(interpreter) != tensorflowlite.kTfLiteOk
                || interpreter.AllocateTensors() != tensorflowlite.kTfLiteOk) {
            throw new ModelException(Reason.REFUSED, "the interpreter refuses the file");
        }
    }

    @Override
    public long run(ByteBuffer input, ByteBuffer output) throws ModelException {
        byte[] bytes = new byte[input.capacity()];
        input.rewind();
        input.get(bytes);
        input.rewind();
        interpreter.input_tensor(0).data().raw().put(bytes);
        long begin = System.nanoTime();
        if (interpreter.Invoke() != tensorflowlite.kTfLiteOk) {
            throw new ModelException(Reason.REFUSED, "the run failed");
        }
        long nanos = System.nanoTime() - begin;
        byte[] result = new byte[output.capacity()];
        interpreter.output_tensor(0).data().raw().get(result);
        output.rewind();
        output.put(result);
        output.rewind();
        return nanos;
    }

    @Override
    public void close() {
        interpreter.deallocate();
        model.deallocate();
        content.deallocate();
    }
}
