package org.tflitesuite.demo.core;

import java.io.Closeable;
import java.nio.ByteBuffer;

/** One opened model, ready to run. Used by one thread at a time. */
public interface Engine extends Closeable {
    /** Opens models; the app has one, tests on the JVM have another. */
    interface Factory {
        /**
         * Opens a model.
         *
         * @param threads CPU threads that the runtime may use, at least 1
         * @throws ModelException if the runtime refuses the model, or has no such delegate
         */
        Engine open(ModelFile model, int threads, Delegate delegate) throws ModelException;

        /** Whether this device has the delegate. */
        boolean has(Delegate delegate);

        /** The runtime's name and version, such as {@code 2.16.1}. */
        String version();
    }

    /**
     * Runs the model once.
     *
     * @param input the input tensor's bytes, direct, in native byte order
     * @param output receives the output tensor's bytes, direct, in native byte order
     * @return nanoseconds of the inference itself, copies excluded
     * @throws ModelException if the runtime gives up
     */
    long run(ByteBuffer input, ByteBuffer output) throws ModelException;

    @Override
    void close();
}
