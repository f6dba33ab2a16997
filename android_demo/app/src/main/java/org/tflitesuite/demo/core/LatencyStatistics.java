package org.tflitesuite.demo.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Summaries of measured times, by the same rules as the suite's {@code benchmark/statistics.py}; a golden file holds both to them. */
public final class LatencyStatistics {
    private static final int MOST_RESAMPLED = 1_000_000;

    private final double[] times;
    private final double[] sorted;

    /** Takes times in milliseconds, at least one, in the order measured. */
    public LatencyStatistics(double[] timesMs) {
        if (timesMs.length == 0) {
            throw new IllegalArgumentException("no times");
        }
        times = timesMs.clone();
        sorted = times.clone();
        Arrays.sort(sorted);
    }

    public double mean() {
        double sum = 0;
        for (double time : times) {
            sum += time;
        }
        return sum / times.length;
    }

    /** Sample standard deviation; 0 for a single time. */
    public double std() {
        if (times.length == 1) {
            return 0;
        }
        double mean = mean();
        double sum = 0;
        for (double time : times) {
            sum += (time - mean) * (time - mean);
        }
        return Math.sqrt(sum / (times.length - 1));
    }

    /** Percentile from 0 to 100 with linear interpolation, as NumPy's. */
    public double percentile(double percent) {
        return percentile(sorted, percent);
    }

    /**
     * Interval that holds the true median in 95 % of cases: a bootstrap over blocks of ∛n neighbours, since neighbouring
     * times are alike.
     *
     * <p>Source: Künsch, 1989, https://doi.org/10.1214/aos/1176347265, section 2.3.
     *
     * @param seed of the draws
     * @return the lower and upper end, in milliseconds
     */
    public double[] medianInterval(long seed) {
        int n = times.length;
        int block = block(n);
        double[] medians = new double[resamples(n)];
        Random random = new Random(seed);
        double[] drawn = new double[n];
        for (int resample = 0; resample < medians.length; resample++) {
            for (int filled = 0; filled < n; filled += block) {
                System.arraycopy(times, random.nextInt(n - block + 1), drawn, filled, Math.min(block, n - filled));
            }
            Arrays.sort(drawn);
            medians[resample] = percentile(drawn, 50);
        }
        Arrays.sort(medians);
        return new double[] {percentile(medians, 2.5), percentile(medians, 97.5)};
    }

    /** Neighbours in a block of the bootstrap over that many times. */
    static int block(int count) {
        return (int) Math.max(1, Math.rint(Math.cbrt(count)));
    }

    /** How often the bootstrap over that many times draws them again. */
    static int resamples(int count) {
        return Math.max(100, Math.min(MOST_RESAMPLED / count, 1000));
    }

    /** Returns one line for each sign that the times do not come from one steady state. */
    public List<String> unsteadiness() {
        List<String> found = new ArrayList<>();
        double spread = percentile(90) / percentile(50) - 1;
        if (times.length >= 10 && spread > 0.2) {
            found.add(String.format(Locale.ROOT, "latency varies: p90 is %.0f%% above the median. Close other apps, "
                    + "let the device cool, raise the runs", 100 * spread));
        }
        int third = times.length / 3;
        if (third >= 10) {
            double drift = median(times.length - third, times.length) / median(0, third) - 1;
            if (Math.abs(drift) > 0.1) {
                found.add(String.format(Locale.ROOT, "latency drifted by %+.0f%% from the first to the last third of the "
                        + "runs. Raise the runs; if it only rises, cool the device", 100 * drift));
            }
        }
        return found;
    }

    private double median(int begin, int end) {
        double[] part = Arrays.copyOfRange(times, begin, end);
        Arrays.sort(part);
        return percentile(part, 50);
    }

    private static double percentile(double[] sorted, double percent) {
        double place = percent / 100 * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
