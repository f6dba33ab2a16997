package org.tflitesuite.demo.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a benchmark found, and the document that {@code docs/benchmark_schema.md} describes. */
public final class Measurement {
    /** The picture that preprocessing is timed on: height and width, as on every other target. */
    public static final int[] PICTURE_SIZE = {480, 640};

    public String model = "";
    public long modelBytes;
    public String engineVersion = "";
    public Delegate delegate = Delegate.XNNPACK;
    public int threads;
    public TensorSpec input;
    public long[] rawNanos = {};
    public int warmupRuns;
    public boolean steady = true;
    public double preprocessingMs;
    public double postprocessingMs;
    /** Milliseconds that the app took to start; null where its process had opened an engine before. */
    public Double processMs;
    /** Milliseconds of loading the runtime's library, of opening the model, and of the first inference. */
    public double runtimeMs;
    public double modelMs;
    public double firstInferenceMs;
    public Long peakRssBytes;
    /** Joules of one run; null where the battery tells nothing or is being charged. */
    public Double energyJ;
    public String energyMethod;
    public Map<String, Object> device = new LinkedHashMap<>();
    /** What only Android tells: thermal status, battery, app. */
    public Map<String, Object> android = new LinkedHashMap<>();
    /** Why the measurement does not count; empty if it does. */
    public final List<String> reasons = new ArrayList<>();
    public long seed;

    /** The times in milliseconds. */
    public double[] rawMs() {
        double[] times = new double[rawNanos.length];
        for (int index = 0; index < times.length; index++) {
            times[index] = rawNanos[index] / 1e6;
        }
        return times;
    }

    /** Milliseconds from the process's start to its first result; null if the process had opened an engine before. */
    public Double coldStartMs() {
        return processMs == null ? null : processMs + runtimeMs + modelMs + firstInferenceMs;
    }

    /** Returns the document. */
    public Map<String, Object> document() {
        double[] rawMs = rawMs();
        LatencyStatistics statistics = new LatencyStatistics(rawMs);
        double median = statistics.percentile(50);
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("model", model);
        document.put("engine", "tflite_android");
        document.put("engine_version", engineVersion);
        document.put("kernels", delegate.kernels);
        document.put("device", device);
        document.put("target", "android_app");
        document.put("threads", threads);
        document.put("input", map("shape", input.shape(), "dtype", input.type.numpyName()));
        document.put("warmup_runs", warmupRuns);
        document.put("runs", rawMs.length);
        document.put("latency_ms", latency(statistics));
        document.put("frames_per_s", 1000 / median);
        document.put("stages_ms", map(
                "preprocessing", preprocessingMs,
                "inference", median,
                "postprocessing", postprocessingMs,
                "picture", PICTURE_SIZE));
        document.put("cold_start_ms", coldStartMs());
        document.put("cold_start_parts_ms", map(
                "process", processMs, "runtime", runtimeMs, "model", modelMs, "first_inference", firstInferenceMs));
        document.put("peak_rss_bytes", peakRssBytes);
        document.put("arena_bytes", null);
        document.put("model_bytes", modelBytes);
        document.put("energy_j", energyJ);
        document.put("energy_method", energyMethod);
        document.put("load", map("others", null, "waiting", null, "steal", null));
        document.put("android", android);
        document.put("valid", reasons.isEmpty());
        document.put("warnings", warnings());
        document.put("seed", seed);
        document.put("raw_ms", rawMs);
        document.put("raw_ns", rawNanos);
        return document;
    }

    private Map<String, Object> latency(LatencyStatistics statistics) {
        return map(
                "mean", statistics.mean(),
                "std", statistics.std(),
                "min", statistics.percentile(0),
                "p50", statistics.percentile(50),
                "p90", statistics.percentile(90),
                "p95", statistics.percentile(95),
                "p99", statistics.percentile(99),
                "max", statistics.percentile(100),
                "ci95", statistics.medianInterval(seed));
    }

    /** Why the measurement does not count, then what else to know of it. */
    public List<String> warnings() {
        LatencyStatistics statistics = new LatencyStatistics(rawMs());
        List<String> warnings = new ArrayList<>(reasons);
        warnings.addAll(statistics.unsteadiness());
        if (!steady) {
            warnings.add("latency was not steady after " + warmupRuns + " warm-up runs. Raise min_seconds");
        }
        return warnings;
    }

    /** Returns a map of the given keys and values, in their order. */
    public static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> result = new LinkedHashMap<>();
        for (int index = 0; index < keysAndValues.length; index += 2) {
            result.put((String) keysAndValues[index], keysAndValues[index + 1]);
        }
        return result;
    }
}
