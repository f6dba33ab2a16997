package org.tflitesuite.demo.core;

/**
 * Fixed-point weights of the canonical resize along one axis: an antialiased triangle, as Pillow's bilinear filter.
 *
 * <p>Source: docs/preprocessing.md, "The canonical resize".
 */
final class TriangleFilter {
    private static final int PRECISION_BITS = 22;
    private static final int HALF = 1 << (PRECISION_BITS - 1);

    /** First input position of each window. */
    final int[] begin;
    /** Weights of each window. */
    final int[][] weights;

    /**
     * Computes the weights of output positions {@code first} to {@code first + count - 1}.
     *
     * @param sizeIn length of the whole input
     * @param sizeOut length of the whole output
     */
    TriangleFilter(int sizeIn, int sizeOut, int first, int count) {
        begin = new int[count];
        weights = new int[count][];
        double scale = (double) sizeIn / sizeOut;
        double support = Math.max(scale, 1.0);
        for (int index = 0; index < count; index++) {
            double centre = (first + index + 0.5) * scale;
            int low = Math.max((int) (centre - support + 0.5), 0);
            int high = Math.min((int) (centre + support + 0.5), sizeIn);
            double[] exact = new double[high - low];
            double sum = 0;
            for (int tap = 0; tap < exact.length; tap++) {
                exact[tap] = Math.max(1.0 - Math.abs((low + tap - centre + 0.5) * (1.0 / support)), 0.0);
                sum += exact[tap];
            }
            begin[index] = low;
            weights[index] = new int[exact.length];
            for (int tap = 0; tap < exact.length; tap++) {
                weights[index][tap] = (int) (exact[tap] / sum * (1 << PRECISION_BITS) + 0.5);
            }
        }
    }

    /** One past the last input position that any window uses. */
    int end() {
        int last = begin.length - 1;
        return begin[last] + weights[last].length;
    }

    /** Rounds a weighted sum back to eight bits. */
    static int toPixel(int sum) {
        return Math.min((sum + HALF) >> PRECISION_BITS, 255);
    }
}
