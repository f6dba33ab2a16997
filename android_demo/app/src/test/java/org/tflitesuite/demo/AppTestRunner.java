package org.tflitesuite.demo;

import org.junit.runners.model.FrameworkMethod;
import org.junit.runners.model.InitializationError;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.internal.bytecode.InstrumentationConfiguration;

/** Robolectric, with one TensorFlow Lite for all Android versions: the JVM loads a native library once only. */
public final class AppTestRunner extends RobolectricTestRunner {
    public AppTestRunner(Class<?> test) throws InitializationError {
        super(test);
    }

    @Override
    protected InstrumentationConfiguration createClassLoaderConfig(FrameworkMethod method) {
        return new InstrumentationConfiguration.Builder(super.createClassLoaderConfig(method))
                .doNotAcquirePackage("org.bytedeco.")
                .build();
    }
}
