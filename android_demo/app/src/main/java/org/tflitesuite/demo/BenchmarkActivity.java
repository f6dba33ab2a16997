package org.tflitesuite.demo;

import android.content.Intent;
import android.os.Bundle;
import android.util.Log;
import android.view.View;
import android.view.WindowManager;
import android.widget.Button;
import android.widget.ProgressBar;
import android.widget.RadioGroup;
import android.widget.TextView;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CancellationException;

import org.tflitesuite.demo.benchmark.BenchmarkRequests;
import org.tflitesuite.demo.benchmark.BenchmarkRunner;
import org.tflitesuite.demo.benchmark.ResultFile;
import org.tflitesuite.demo.core.JsonWriter;
import org.tflitesuite.demo.core.LatencyStatistics;
import org.tflitesuite.demo.core.Measurement;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.TimingLoop;
import org.tflitesuite.demo.views.ChoiceButtons;
import org.tflitesuite.demo.views.HistogramView;
import org.tflitesuite.demo.views.ModelErrorText;
import org.tflitesuite.demo.views.PropertyTable;
import org.tflitesuite.demo.views.TimeFormat;

/** Measures the model in use, or what an intent asks for, and writes the result as JSON. */
public final class BenchmarkActivity extends ScreenActivity {
    private static final int[] RUN_COUNTS = {50, 200, 1000};

    private RadioGroup runs;
    private Button start;
    private ProgressBar progress;
    private TextView status;
    private boolean running;
    private volatile boolean stopRequested;
    private volatile boolean wasHidden;
    private String shareable;

    public BenchmarkActivity() {
        super(R.string.tab_benchmark, R.layout.benchmark);
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        runs = findViewById(R.id.runs);
        start = findViewById(R.id.start);
        progress = findViewById(R.id.progress);
        status = findViewById(R.id.status);
        for (int count : RUN_COUNTS) {
            ChoiceButtons.add(runs, Integer.toString(count), count, true);
        }
        runs.check(BenchmarkRequests.DEFAULT_RUNS);
        start.setOnClickListener(view -> startOrStop());
        findViewById(R.id.share).setOnClickListener(view -> share());
        // Recreated screens get their intent again, which was carried out already.
        if (state == null && BenchmarkRequests.isRequest(getIntent())) {
            begin(getIntent());
        }
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        if (BenchmarkRequests.isRequest(intent)) {
            if (running) {
                refuse(intent);
            } else {
                begin(intent);
            }
        }
    }

    private void refuse(Intent intent) {
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> writeProblem(app, BenchmarkRequests.outputName(intent), "another measurement was running"));
    }

    @Override
    protected void onStop() {
        wasHidden = true;
        super.onStop();
    }

    private void startOrStop() {
        if (running) {
            stopRequested = true;
        } else {
            begin(new Intent().putExtra(BenchmarkRequests.RUNS, runs.getCheckedRadioButtonId()));
        }
    }

    private void begin(Intent request) {
        running = true;
        stopRequested = false;
        wasHidden = false;
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        start.setText(R.string.benchmark_stop);
        progress.setIndeterminate(true);
        progress.setVisibility(View.VISIBLE);
        status.setVisibility(View.VISIBLE);
        status.setText(R.string.benchmark_warming);
        findViewById(R.id.outcome).setVisibility(View.GONE);
        findViewById(R.id.share).setVisibility(View.GONE);
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> measure(app, request));
    }

    /** On the inference thread: measures, writes the file, tells the screen. */
    private void measure(DemoApplication app, Intent intent) {
        String name = BenchmarkRequests.outputName(intent);
        ResultFile.remove(app, name);
        try {
            BenchmarkRunner.Request request = BenchmarkRequests.read(app, intent);
            // Its own engine is measured; the one in use would hold memory and threads meanwhile.
            app.models().release();
            Measurement found = new BenchmarkRunner(app, app.engines()).run(request, reporter(app, request.runs));
            if (wasHidden) {
                found.reasons.add("the app was not in front all the time. Keep it there and measure again");
            }
            ResultFile.write(app, name, found.document());
            app.main(() -> show(found));
        } catch (ModelException error) {
            fail(app, name, error.reason().name().toLowerCase(Locale.ROOT) + ": " + error.getMessage(),
                    getString(ModelErrorText.text(error.reason())));
        } catch (IllegalArgumentException error) {
            fail(app, name, error.getMessage(), error.getMessage());
        } catch (CancellationException error) {
            fail(app, name, "stopped by the user", getString(R.string.benchmark_stopped));
        } catch (IOException error) {
            Log.e(ResultFile.LOG_TAG, "benchmark not written: " + error.getMessage());
            app.main(() -> end(getString(R.string.benchmark_save_failed, error.getMessage())));
        }
    }

    private TimingLoop.Progress reporter(DemoApplication app, int planned) {
        long[] shown = {0};
        return (done, nanos) -> {
            long now = System.nanoTime();
            // Ten times a second: drawing takes CPU time from the model.
            if (now - shown[0] > 100_000_000) {
                shown[0] = now;
                app.main(() -> {
                    progress.setIndeterminate(false);
                    progress.setMax(planned);
                    progress.setProgress(done);
                    status.setText(getString(R.string.benchmark_progress, done, planned));
                });
            }
            return !stopRequested && !isDestroyed();
        };
    }

    private void fail(DemoApplication app, String name, String problem, String shown) {
        writeProblem(app, name, problem);
        app.main(() -> end(shown));
    }

    private static void writeProblem(DemoApplication app, String name, String problem) {
        try {
            ResultFile.write(app, name, Measurement.map("error", problem));
        } catch (IOException error) {
            Log.e(ResultFile.LOG_TAG, "benchmark not written: " + error.getMessage());
        }
    }

    private void end(String message) {
        running = false;
        getWindow().clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        start.setText(R.string.benchmark_start);
        progress.setVisibility(View.GONE);
        status.setText(message);
    }

    private void show(Measurement found) {
        String warnings = String.join("\n", found.warnings());
        end(found.reasons.isEmpty()
                ? (getString(R.string.benchmark_valid) + "\n" + warnings).trim()
                : getString(R.string.benchmark_invalid, warnings));
        shareable = JsonWriter.write(found.document());
        findViewById(R.id.share).setVisibility(View.VISIBLE);
        findViewById(R.id.outcome).setVisibility(View.VISIBLE);
        LatencyStatistics statistics = new LatencyStatistics(found.rawMs());
        double[] interval = statistics.medianInterval(found.seed);
        this.<TextView>findViewById(R.id.median)
                .setText(milliseconds(statistics.percentile(50)));
        this.<TextView>findViewById(R.id.interval)
                .setText(getString(R.string.benchmark_median) + ", "
                        + getString(R.string.benchmark_interval, interval[0], interval[1]));
        this.<HistogramView>findViewById(R.id.histogram)
                .show(found.rawMs(), statistics.percentile(0), statistics.percentile(99));
        fill(new PropertyTable(findViewById(R.id.rows)), found, statistics);
    }

    private void fill(PropertyTable rows, Measurement found, LatencyStatistics statistics) {
        rows.clear();
        rows.add(R.string.benchmark_mean,
                getString(R.string.benchmark_mean_value, statistics.mean(), statistics.std()));
        rows.add(R.string.benchmark_range, getString(
                R.string.benchmark_range_value, statistics.percentile(0), statistics.percentile(100)));
        rows.add(R.string.benchmark_p90, milliseconds(statistics.percentile(90)));
        rows.add(R.string.benchmark_p99, milliseconds(statistics.percentile(99)));
        rows.add(R.string.timing_preprocessing, milliseconds(found.preprocessingMs));
        rows.add(R.string.timing_postprocessing, milliseconds(found.postprocessingMs));
        rows.add(R.string.benchmark_count, getString(
                R.string.benchmark_count_value, found.rawNanos.length, found.warmupRuns));
        rows.add(R.string.benchmark_cold, found.coldStartMs() == null ? null : milliseconds(found.coldStartMs()));
        rows.addBytes(R.string.benchmark_memory, found.peakRssBytes);
        Object thermal = found.android.get("thermal_status_after");
        rows.add(R.string.benchmark_thermal, thermal == null ? null : thermal.toString());
        rows.add(R.string.benchmark_energy,
                found.energyJ == null ? null : getString(R.string.millijoules, 1000 * found.energyJ));
    }

    private String milliseconds(double value) {
        return TimeFormat.milliseconds(this, value);
    }

    private void share() {
        Intent send = new Intent(Intent.ACTION_SEND).setType("application/json").putExtra(Intent.EXTRA_TEXT, shareable);
        startActivity(Intent.createChooser(send, getString(R.string.benchmark_share)));
    }
}
