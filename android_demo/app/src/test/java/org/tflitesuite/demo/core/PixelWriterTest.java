package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.junit.Test;

public final class PixelWriterTest {
    private static final int[] SHAPE = {1, 1, 256, 1};

    @Test
    public void int8IsPixelMinus128() {
        ByteBuffer tensor = written(new TensorSpec("x", TensorSpec.Type.INT8, SHAPE, 1, -128));
        for (int pixel = 0; pixel < 256; pixel++) {
            assertEquals(pixel - 128, tensor.get(pixel));
        }
    }

    @Test
    public void uint8IsThePixel() {
        ByteBuffer tensor = written(new TensorSpec("x", TensorSpec.Type.UINT8, SHAPE, 1, 0));
        for (int pixel = 0; pixel < 256; pixel++) {
            assertEquals((byte) pixel, tensor.get(pixel));
        }
    }

    @Test
    public void float32IsThePixelAsANumber() {
        ByteBuffer tensor = written(new TensorSpec("x", TensorSpec.Type.FLOAT32, SHAPE, 1, 0));
        for (int pixel = 0; pixel < 256; pixel++) {
            assertEquals(pixel, tensor.getFloat(4 * pixel), 0);
        }
    }

    @Test
    public void otherScalesAreFollowedAndSaturate() {
        ByteBuffer tensor = written(new TensorSpec("x", TensorSpec.Type.INT8, SHAPE, 0.5f, -100));
        assertEquals(-100, tensor.get(0));
        assertEquals(-98, tensor.get(1));
        assertEquals(127, tensor.get(255));
    }

    private static ByteBuffer written(TensorSpec spec) {
        byte[] pixels = new byte[256];
        for (int pixel = 0; pixel < 256; pixel++) {
            pixels[pixel] = (byte) pixel;
        }
        ByteBuffer tensor = ByteBuffer.allocateDirect(spec.bytes()).order(ByteOrder.nativeOrder());
        new PixelWriter(spec).write(pixels, tensor);
        return tensor;
    }
}
