package org.tflitesuite.demo.core;

/** A model file that cannot be used, and why. */
public final class ModelException extends Exception {
    private static final long serialVersionUID = 1;

    /** Kinds of failure; the app has a sentence in each language for every one. */
    public enum Reason {
        /** The file is not a TensorFlow Lite model at all. */
        NOT_TFLITE,
        /** The file begins as a model, but its contents contradict themselves or end too early. */
        DAMAGED,
        /** A sound model without the suite's preprocessing contract. */
        NO_CONTRACT,
        /** The contract is of a newer version, or breaks its own rules. */
        BAD_CONTRACT,
        /** The decision is of a newer version, or breaks its own rules. */
        BAD_DECISION,
        /** The contract does not fit the model's tensors. */
        CONTRADICTION,
        /** Tensors of a type or number that an image classifier does not have. */
        UNSUPPORTED,
        /** The file could not be read, or not be copied. */
        UNREADABLE,
        /** TensorFlow Lite refused the model. */
        REFUSED,
        /** The model brought the trial process down. */
        CRASHED,
        /** The trial run did not end in time. */
        TIMED_OUT
    }

    private final Reason reason;

    public ModelException(Reason reason, String detail) {
        super(detail);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
