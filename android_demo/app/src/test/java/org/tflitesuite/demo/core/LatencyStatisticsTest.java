package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.Test;

public final class LatencyStatisticsTest {
    @Test
    public void agreesWithThePythonSide() throws Exception {
        for (Map<?, ?> golden : TestFiles.cases(TestFiles.golden().resolve("statistics.json"))) {
            int count = ((Number) golden.get("count")).intValue();
            assertEquals(((Number) golden.get("block")).intValue(), LatencyStatistics.block(count));
            assertEquals(((Number) golden.get("resamples")).intValue(), LatencyStatistics.resamples(count));
            if (golden.get("times") != null) {
                LatencyStatistics found = new LatencyStatistics(numbers(golden.get("times")));
                double[] percentiles = numbers(golden.get("percentiles"));
                assertEquals(((Number) golden.get("mean")).doubleValue(), found.mean(), 1e-12);
                assertEquals(((Number) golden.get("std")).doubleValue(), found.std(), 1e-12);
                assertEquals(percentiles[0], found.percentile(50), 1e-12);
                assertEquals(percentiles[1], found.percentile(90), 1e-12);
                assertEquals(percentiles[2], found.percentile(95), 1e-12);
                assertEquals(percentiles[3], found.percentile(99), 1e-12);
            }
        }
    }

    private static double[] numbers(Object list) {
        return ((List<?>) list).stream().mapToDouble(number -> ((Number) number).doubleValue()).toArray();
    }

    @Test
    public void aSingleTime() {
        LatencyStatistics found = new LatencyStatistics(new double[] {2});
        assertEquals(0, found.std(), 0);
        assertArrayEquals(new double[] {2, 2}, found.medianInterval(0), 0);
    }

    @Test
    public void intervalHoldsTheTrueMedianAsOftenAsItSays() {
        Random random = new Random(0);
        int held = 0;
        for (int round = 0; round < 200; round++) {
            double[] times = new double[100];
            for (int index = 0; index < times.length; index++) {
                times[index] = 10 + random.nextGaussian();
            }
            double[] interval = new LatencyStatistics(times).medianInterval(round);
            held += interval[0] <= 10 && 10 <= interval[1] ? 1 : 0;
        }
        assertTrue("held " + held + " of 200", held >= 176);
    }

    @Test
    public void tellsOfVaryingAndDriftingTimes() {
        double[] steady = new double[60];
        Arrays.fill(steady, 5);
        assertTrue(new LatencyStatistics(steady).unsteadiness().isEmpty());
        double[] drifting = steady.clone();
        Arrays.fill(drifting, 40, 60, 6);
        assertTrue(new LatencyStatistics(drifting).unsteadiness().get(0).contains("drifted by +20%"));
        double[] varying = steady.clone();
        for (int index = 0; index < 60; index += 4) {
            varying[index] = 9;
        }
        assertTrue(new LatencyStatistics(varying).unsteadiness().get(0).contains("p90 is 80% above"));
    }
}
