package org.tflitesuite.demo.core;

/** What runs a model's operators. */
public enum Delegate {
    /** TensorFlow Lite's default: XNNPACK on the CPU. */
    XNNPACK("XNNPACK", "default"),
    /** TensorFlow Lite's own CPU kernels. */
    CPU("CPU", "builtin"),
    /** Android's neural networks interface, which picks an accelerator. */
    NNAPI("NNAPI", "nnapi"),
    /** The GPU through OpenCL or OpenGL. */
    GPU("GPU", "gpu");

    public final String title;
    /** The word for it in benchmark documents, under {@code kernels}. */
    public final String kernels;

    Delegate(String title, String kernels) {
        this.title = title;
        this.kernels = kernels;
    }

    /** Returns the delegate of that name in any case, or null. */
    public static Delegate of(String name) {
        for (Delegate delegate : values()) {
            if (delegate.name().equalsIgnoreCase(name)) {
                return delegate;
            }
        }
        return null;
    }
}
