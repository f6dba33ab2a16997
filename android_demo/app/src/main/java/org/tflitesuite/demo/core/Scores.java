package org.tflitesuite.demo.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** From a model's output tensor to ranked classes. */
public final class Scores {
    private Scores() {}

    /** One ranked class. */
    public static final class Ranked {
        public final int index;
        public final double probability;

        Ranked(int index, double probability) {
            this.index = index;
            this.probability = probability;
        }
    }

    /**
     * Reads the tensor's real values.
     *
     * @param tensor in native byte order; read from its beginning, then rewound
     */
    public static float[] dequantize(TensorSpec spec, ByteBuffer tensor) {
        tensor.rewind();
        float[] values = new float[spec.elements()];
        for (int index = 0; index < values.length; index++) {
            switch (spec.type) {
                case FLOAT32:
                    values[index] = tensor.getFloat();
                    break;
                case UINT8:
                    values[index] = spec.scale * ((tensor.get() & 0xFF) - spec.zeroPoint);
                    break;
                default:
                    values[index] = spec.scale * (tensor.get() - spec.zeroPoint);
            }
        }
        tensor.rewind();
        return values;
    }

    /** Returns probabilities that sum to 1; a value that is no number counts as 0. */
    public static double[] softmax(float[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = logit > largest ? logit : largest;
        }
        double[] result = new double[logits.length];
        double sum = 0;
        for (int index = 0; index < logits.length; index++) {
            double power = logits[index] == largest ? 1 : Math.exp(logits[index] - largest);
            result[index] = power >= 0 ? power : 0;
            sum += result[index];
        }
        for (int index = 0; index < result.length; index++) {
            result[index] = sum > 0 ? result[index] / sum : 0;
        }
        return result;
    }

    /** Returns the {@code count} most probable classes; of equal ones the lowest index comes first. */
    public static List<Ranked> top(double[] probabilities, int count) {
        List<Ranked> best = new ArrayList<>();
        for (int index = 0; index < probabilities.length; index++) {
            int place = best.size();
            while (place > 0 && probabilities[index] > best.get(place - 1).probability) {
                place--;
            }
            if (place < count) {
                double probability = probabilities[index];
                best.add(place, new Ranked(index, Double.isNaN(probability) ? 0 : probability));
                if (best.size() > count) {
                    best.remove(count);
                }
            }
        }
        return best;
    }
}
