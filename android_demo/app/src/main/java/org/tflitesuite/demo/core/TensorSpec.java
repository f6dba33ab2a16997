package org.tflitesuite.demo.core;

import java.util.Arrays;
import java.util.Locale;

/** What a model's input or output tensor holds. */
public final class TensorSpec {
    /** Element types that the suite's models have at their ends, with TensorFlow Lite's codes. */
    public enum Type {
        FLOAT32(0, 4),
        UINT8(3, 1),
        INT8(9, 1);

        final int code;
        public final int bytes;

        Type(int code, int bytes) {
            this.code = code;
            this.bytes = bytes;
        }

        /** Returns the type, or null if it is none of these. */
        static Type of(int code) {
            for (Type type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            return null;
        }

        /** The type's name as NumPy has it. */
        public String numpyName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public final String name;
    public final Type type;
    private final int[] shape;
    /** Real value of one step; 1 for float32. */
    public final float scale;
    /** Integer that stands for the real value 0; 0 for float32. */
    public final int zeroPoint;

    TensorSpec(String name, Type type, int[] shape, float scale, int zeroPoint) {
        this.name = name;
        this.type = type;
        this.shape = shape.clone();
        this.scale = scale;
        this.zeroPoint = zeroPoint;
    }

    public int[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public int elements() {
        int product = 1;
        for (int side : shape) {
            product = Math.multiplyExact(product, side);
        }
        return product;
    }

    public int bytes() {
        return Math.multiplyExact(elements(), type.bytes);
    }

    /** Such as {@code int8[1, 224, 224, 3]}. */
    @Override
    public String toString() {
        return type.numpyName() + Arrays.toString(shape);
    }
}
