package org.tflitesuite.demo.core;

import java.util.Arrays;
import java.util.concurrent.CancellationException;

/** Warm-up and timed runs, by the same rules as the suite's {@code runtime/timing.py}. */
public final class TimingLoop {
    private static final int WINDOW = 5;
    private static final double STEADY = 0.02;
    private static final int LEAST_WARMUP = 3;
    private static final int MOST_WARMUP = 1000;
    private static final int MOST_RUNS = 1_000_000;

    /** Something timed. */
    public interface Timed {
        /** Runs once and returns its nanoseconds. */
        long run() throws ModelException;
    }

    /** Told after every timed run; runs between two runs, outside the measured time. */
    public interface Progress {
        /** Returns false to stop the measurement. */
        boolean onRun(int done, long nanos);
    }

    private final Timed timed;
    private final Progress progress;

    /** Number of warm-up runs made. */
    public int warmupRuns;
    /** Whether latency was steady when the warm-up ended. */
    public boolean steady;

    public TimingLoop(Timed timed, Progress progress) {
        this.timed = timed;
        this.progress = progress;
    }

    /**
     * Runs until the median of the last five runs is within 2 % of that of the five before.
     *
     * @param mostSeconds time after which to give up, after at least three runs
     */
    public void warmUp(double mostSeconds) throws ModelException {
        long[] times = new long[MOST_WARMUP];
        long begin = System.nanoTime();
        for (warmupRuns = 0; warmupRuns < MOST_WARMUP; ) {
            times[warmupRuns++] = timed.run();
            if (warmupRuns >= 2 * WINDOW) {
                long before = median(times, warmupRuns - 2 * WINDOW);
                long last = median(times, warmupRuns - WINDOW);
                if (Math.abs(last - before) <= STEADY * before) {
                    steady = true;
                    return;
                }
            }
            if (warmupRuns >= LEAST_WARMUP && System.nanoTime() - begin > mostSeconds * 1e9) {
                return;
            }
        }
    }

    /**
     * Times runs one by one.
     *
     * @param runs least number of runs
     * @param minSeconds least time over which to go on
     * @return nanoseconds of each run, in order
     * @throws CancellationException if the progress asked to stop
     */
    public long[] measure(int runs, double minSeconds) throws ModelException {
        long[] times = new long[Math.max(runs, 1024)];
        int done = 0;
        long begin = System.nanoTime();
        while (done < runs || done < MOST_RUNS && System.nanoTime() - begin < minSeconds * 1e9) {
            if (done == times.length) {
                times = Arrays.copyOf(times, 2 * done);
            }
            times[done] = timed.run();
            if (!progress.onRun(done + 1, times[done])) {
                throw new CancellationException();
            }
            done++;
        }
        return Arrays.copyOf(times, done);
    }

    private static long median(long[] times, int begin) {
        long[] window = Arrays.copyOfRange(times, begin, begin + WINDOW);
        Arrays.sort(window);
        return window[WINDOW / 2];
    }
}
