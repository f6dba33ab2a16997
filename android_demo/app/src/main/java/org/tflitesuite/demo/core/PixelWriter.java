package org.tflitesuite.demo.core;

import java.nio.ByteBuffer;

/**
 * Writes raw pixels as a model's input tensor.
 *
 * <p>A suite model's int8 input equals pixel − 128 and its uint8 input equals the pixel; both follow from the tensor's
 * scale and zero point, which are used here as they stand in the file.
 */
public final class PixelWriter {
    private static final int PIXEL_VALUES = 256;

    private final TensorSpec spec;
    private final byte[] quantized = new byte[PIXEL_VALUES];

    public PixelWriter(TensorSpec input) {
        spec = input;
        int least = spec.type == TensorSpec.Type.INT8 ? Byte.MIN_VALUE : 0;
        for (int pixel = 0; pixel < PIXEL_VALUES; pixel++) {
            double step = Math.floor(pixel / (double) spec.scale + 0.5) + spec.zeroPoint;
            quantized[pixel] = (byte) Math.max(least, Math.min(step, least + PIXEL_VALUES - 1));
        }
    }

    /**
     * Fills the tensor.
     *
     * @param pixels values from 0 to 255 as unsigned bytes, as many as the tensor has elements
     * @param tensor in native byte order; written from its beginning, then rewound
     */
    public void write(byte[] pixels, ByteBuffer tensor) {
        tensor.rewind();
        for (byte pixel : pixels) {
            if (spec.type == TensorSpec.Type.FLOAT32) {
                tensor.putFloat(pixel & 0xFF);
            } else {
                tensor.put(quantized[pixel & 0xFF]);
            }
        }
        tensor.rewind();
    }
}
