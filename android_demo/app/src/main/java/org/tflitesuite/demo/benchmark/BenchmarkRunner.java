package org.tflitesuite.demo.benchmark;

import android.content.Context;

import java.util.Arrays;
import java.util.Random;

import org.tflitesuite.demo.DemoApplication;
import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.core.Measurement;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Picture;
import org.tflitesuite.demo.core.TimingLoop;
import org.tflitesuite.demo.models.ModelSettings;

/** Measures a model on this device. Inference thread only. */
public final class BenchmarkRunner {
    private static final int STAGE_RUNS = 10;
    private static final double LEAST_WARMUP_SECONDS = 0.2;
    private static final int HOT = 2;

    /** Whether this process opened an engine before, which makes every later start warm. */
    private static volatile boolean processIsWarm;

    /** What to measure. */
    public static final class Request {
        public ModelFile model;
        public String name;
        public ModelSettings.Choice choice;
        public int runs;
        public double minSeconds;
        public long seed;
    }

    private final Context context;
    private final Engine.Factory engines;
    private final DeviceFacts facts;

    public BenchmarkRunner(Context context, Engine.Factory engines) {
        this.context = context;
        this.engines = engines;
        facts = new DeviceFacts(context);
    }

    /**
     * Measures.
     *
     * @param progress told after every timed run; returns false to stop
     * @throws ModelException if the engine refuses the model
     * @throws java.util.concurrent.CancellationException if the progress stopped it
     */
    public Measurement run(Request request, TimingLoop.Progress progress) throws ModelException {
        Measurement found = new Measurement();
        found.processMs = processIsWarm ? null : (double) DemoApplication.of(context).startupMs();
        noteEngineOpened();
        long begin = System.nanoTime();
        // Asking for the version loads the library.
        found.engineVersion = engines.version();
        long loaded = System.nanoTime();
        Engine engine = engines.open(request.model, request.choice.threads, request.choice.delegate);
        found.runtimeMs = (loaded - begin) / 1e6;
        found.modelMs = (System.nanoTime() - loaded) / 1e6;
        try (Classifier classifier = new Classifier(request.model, engine)) {
            Random random = new Random(request.seed);
            byte[] pixels = new byte[request.model.input.elements()];
            random.nextBytes(pixels);
            classifier.setPixels(pixels);
            found.firstInferenceMs = classifier.runAgain() / 1e6;
            describe(found, request);
            measure(found, request, classifier, progress);
            measureStages(found, classifier, noise(random));
            found.device = facts.device();
        }
        found.peakRssBytes = DeviceFacts.peakRssBytes();
        return found;
    }

    /** To be called by whoever opens an engine: no later measurement in this process is a cold start. */
    public static void noteEngineOpened() {
        processIsWarm = true;
    }

    private void describe(Measurement found, Request request) {
        found.model = request.name;
        found.modelBytes = request.model.content.limit();
        found.delegate = request.choice.delegate;
        found.threads = request.choice.threads;
        found.input = request.model.input;
        found.seed = request.seed;
    }

    private void measure(Measurement found, Request request, Classifier classifier, TimingLoop.Progress progress)
            throws ModelException {
        Integer before = facts.thermalStatus();
        EnergyMeter[] meter = new EnergyMeter[1];
        TimingLoop loop = new TimingLoop(classifier::runAgain, (done, nanos) -> {
            meter[0].sample();
            return progress.onRun(done, nanos);
        });
        loop.warmUp(Math.max(LEAST_WARMUP_SECONDS, request.minSeconds));
        meter[0] = new EnergyMeter(facts);
        found.rawNanos = loop.measure(request.runs, request.minSeconds);
        Double joules = meter[0].joules();
        found.energyJ = joules == null ? null : joules / found.rawNanos.length;
        found.energyMethod = joules == null ? null : EnergyMeter.METHOD;
        found.warmupRuns = loop.warmupRuns;
        found.steady = loop.steady;
        Integer after = facts.thermalStatus();
        found.android = Measurement.map(
                "thermal_status_before", DeviceFacts.thermalName(before),
                "thermal_status_after", DeviceFacts.thermalName(after),
                "battery_current_ua", meter[0].readings(),
                "battery_volts", facts.batteryVolts(),
                "on_battery", facts.isOnBattery(),
                "power_saving", facts.isSavingPower(),
                "app", context.getPackageName());
        if (after != null && after >= HOT) {
            found.reasons.add("the device is throttled by heat (thermal status " + DeviceFacts.thermalName(after)
                    + "). Let it cool and measure again");
        }
        if (facts.isSavingPower()) {
            found.reasons.add("the device saves power. Switch battery saver off and measure again");
        }
    }

    private static void measureStages(Measurement found, Classifier classifier, Picture noise) throws ModelException {
        long[] preparing = new long[STAGE_RUNS];
        long[] ranking = new long[STAGE_RUNS];
        for (int run = 0; run < STAGE_RUNS; run++) {
            Classifier.Result result = classifier.classify(noise);
            preparing[run] = result.preprocessingNanos;
            ranking[run] = result.postprocessingNanos;
        }
        Arrays.sort(preparing);
        Arrays.sort(ranking);
        found.preprocessingMs = preparing[STAGE_RUNS / 2] / 1e6;
        found.postprocessingMs = ranking[STAGE_RUNS / 2] / 1e6;
    }

    private static Picture noise(Random random) {
        int height = Measurement.PICTURE_SIZE[0];
        int width = Measurement.PICTURE_SIZE[1];
        int[] argb = new int[width * height];
        for (int index = 0; index < argb.length; index++) {
            argb[index] = 0xFF000000 | random.nextInt(1 << 24);
        }
        return new Picture(width, height, argb);
    }
}
