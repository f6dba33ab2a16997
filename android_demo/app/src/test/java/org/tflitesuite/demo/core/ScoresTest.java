package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

import org.junit.Test;

public final class ScoresTest {
    @Test
    public void dequantizesEveryType() {
        int[] shape = {1, 2};
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {(byte) 200, 3});
        assertArrayEquals(
                new float[] {0.25f * (-56 - 4), 0.25f * (3 - 4)},
                Scores.dequantize(new TensorSpec("x", TensorSpec.Type.INT8, shape, 0.25f, 4), bytes), 0);
        assertArrayEquals(
                new float[] {0.25f * (200 - 4), 0.25f * (3 - 4)},
                Scores.dequantize(new TensorSpec("x", TensorSpec.Type.UINT8, shape, 0.25f, 4), bytes), 0);
        ByteBuffer floats = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
        floats.putFloat(1.5f).putFloat(-2);
        assertArrayEquals(
                new float[] {1.5f, -2},
                Scores.dequantize(new TensorSpec("x", TensorSpec.Type.FLOAT32, shape, 1, 0), floats), 0);
    }

    @Test
    public void softmaxSumsToOneAndSurvivesExtremes() {
        assertArrayEquals(new double[] {0.25, 0.75}, Scores.softmax(new float[] {0, (float) Math.log(3)}), 1e-7);
        assertArrayEquals(new double[] {1, 0}, Scores.softmax(new float[] {3e38f, -3e38f}), 0);
        assertArrayEquals(new double[] {1, 0}, Scores.softmax(new float[] {Float.POSITIVE_INFINITY, 0}), 0);
        assertArrayEquals(new double[] {0, 1}, Scores.softmax(new float[] {Float.NaN, 0}), 0);
        assertArrayEquals(new double[] {0, 0}, Scores.softmax(new float[] {Float.NaN, Float.NaN}), 0);
    }

    @Test
    public void tiesGoToTheLowestIndex() {
        List<Scores.Ranked> top = Scores.top(new double[] {0.1, 0.3, 0.3, 0.2, 0.3}, 3);
        assertEquals(1, top.get(0).index);
        assertEquals(2, top.get(1).index);
        assertEquals(4, top.get(2).index);
    }

    @Test
    public void fewerClassesThanAskedFor() {
        assertEquals(2, Scores.top(new double[] {0.5, 0.5}, 3).size());
    }
}
