package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.concurrent.CancellationException;

import org.junit.Test;

public final class TimingLoopTest {
    @Test
    public void warmUpEndsWhenTheMedianOfFiveSettles() throws Exception {
        int[] calls = {0};
        TimingLoop loop = new TimingLoop(() -> calls[0]++ < 7 ? 1000 - 100 * calls[0] : 100, (done, nanos) -> true);
        loop.warmUp(60);
        assertTrue(loop.steady);
        assertEquals(calls[0], loop.warmupRuns);
        assertTrue("warm-up ended at " + calls[0], calls[0] >= 10 && calls[0] <= 15);
    }

    @Test
    public void warmUpGivesUp() throws Exception {
        int[] calls = {0};
        TimingLoop loop = new TimingLoop(() -> 1 << calls[0]++, (done, nanos) -> true);
        loop.warmUp(0);
        assertFalse(loop.steady);
        assertEquals(3, loop.warmupRuns);
    }

    @Test
    public void everyRunIsKeptInOrder() throws Exception {
        long[] next = {0};
        TimingLoop loop = new TimingLoop(() -> ++next[0], (done, nanos) -> true);
        assertArrayEquals(new long[] {1, 2, 3, 4}, loop.measure(4, 0));
    }

    @Test
    public void canBeStopped() {
        TimingLoop loop = new TimingLoop(() -> 1, (done, nanos) -> done < 3);
        assertThrows(CancellationException.class, () -> loop.measure(10, 0));
    }
}
