package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import org.junit.Test;

public final class PictureTest {
    // Stored as   1 2 3
    //             4 5 6
    private static final int[][] UPRIGHT = {
        {1, 2, 3, 4, 5, 6},
        {3, 2, 1, 6, 5, 4},
        {6, 5, 4, 3, 2, 1},
        {4, 5, 6, 1, 2, 3},
        {1, 4, 2, 5, 3, 6},
        {4, 1, 5, 2, 6, 3},
        {6, 3, 5, 2, 4, 1},
        {3, 6, 2, 5, 1, 4},
    };

    @Test
    public void everyExifOrientation() {
        for (int orientation = 1; orientation <= 8; orientation++) {
            Picture turned = new Picture(3, 2, new int[] {1, 2, 3, 4, 5, 6}).oriented(orientation);
            assertEquals(orientation >= 5 ? 2 : 3, turned.width);
            assertArrayEquals("orientation " + orientation, UPRIGHT[orientation - 1], turned.argb());
        }
        assertArrayEquals(UPRIGHT[0], new Picture(3, 2, UPRIGHT[0]).oriented(0).argb());
    }

    @Test
    public void impossibleSizesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Picture(2, 2, new int[3]));
        assertThrows(IllegalArgumentException.class, () -> new Picture(0, 2, new int[3]));
    }
}
