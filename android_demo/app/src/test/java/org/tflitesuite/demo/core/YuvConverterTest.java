package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import java.nio.ByteBuffer;

import org.junit.Test;

public final class YuvConverterTest {
    @Test
    public void knownColours() {
        // JFIF: white, black, and pure red within one step of rounding.
        assertEquals(0xFFFFFFFF, convert(255, 128, 128));
        assertEquals(0xFF000000, convert(0, 128, 128));
        assertEquals(0xFFFE0000, convert(76, 85, 255));
    }

    @Test
    public void everyRotationOfAnInterleavedPaddedPicture() {
        int[][] expected = {{10, 20, 30, 40, 50, 60}, {40, 10, 50, 20, 60, 30}, {60, 50, 40, 30, 20, 10},
            {30, 60, 20, 50, 10, 40}};
        for (int turn = 0; turn < 4; turn++) {
            Picture picture = rotated(90 * turn);
            assertEquals(turn % 2 == 0 ? 3 : 2, picture.width);
            int[] blue = new int[6];
            for (int index = 0; index < 6; index++) {
                blue[index] = picture.argb()[index] & 0xFF;
            }
            assertArrayEquals("turned by " + 90 * turn, expected[turn], blue);
        }
    }

    /** A grey 3 × 2 picture with a row stride of 5, and chroma interleaved as most phones do. */
    private static Picture rotated(int rotation) {
        byte[] luminance = {10, 20, 30, 0, 0, 40, 50, 60};
        byte[] chroma = {(byte) 128, (byte) 128, (byte) 128, (byte) 128};
        YuvPlane y = new YuvPlane(ByteBuffer.wrap(luminance), 5, 1);
        YuvPlane u = new YuvPlane(ByteBuffer.wrap(chroma, 0, 3), 4, 2);
        return new YuvConverter().convert(y, u, u, 3, 2, rotation);
    }

    private static int convert(int y, int u, int v) {
        return new YuvConverter().convert(plane(y), plane(u), plane(v), 1, 1, 0).argb()[0];
    }

    private static YuvPlane plane(int value) {
        return new YuvPlane(ByteBuffer.wrap(new byte[] {(byte) value}), 1, 1);
    }
}
