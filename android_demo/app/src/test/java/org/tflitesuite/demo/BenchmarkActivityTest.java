package org.tflitesuite.demo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import android.content.Intent;

import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;

import org.json.JSONObject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

import org.tflitesuite.demo.benchmark.ResultFile;
import org.tflitesuite.demo.core.TestFiles;

@RunWith(AppTestRunner.class)
@Config(sdk = {26, 35})
public final class BenchmarkActivityTest {
    private static BenchmarkActivity run(Intent intent) throws Exception {
        BenchmarkActivity activity = Robolectric.buildActivity(BenchmarkActivity.class, intent).setup().get();
        TestApplication.settle(activity);
        return activity;
    }

    private static JSONObject written(String name) throws Exception {
        File file = ResultFile.path(RuntimeEnvironment.getApplication(), name);
        assertTrue(file + " is missing", file.isFile());
        return new JSONObject(new String(Files.readAllBytes(file.toPath()), "UTF-8"));
    }

    @Test
    public void theScreenAloneMeasuresNothing() throws Exception {
        BenchmarkActivity activity = run(new Intent());
        assertFalse(TestApplication.isShown(activity, R.id.outcome));
        assertFalse(ResultFile.path(activity, "benchmark").exists());
    }

    @Test
    public void anIntentWritesTheDocument() throws Exception {
        BenchmarkActivity activity = run(new Intent()
                .putExtra("runs", 20).putExtra("threads", 2).putExtra("delegate", "cpu").putExtra("output", "a/../b"));
        JSONObject document = written("a_.._b");
        for (String key : Arrays.asList(
                "model", "engine", "engine_version", "kernels", "device", "target", "threads", "input", "warmup_runs",
                "runs", "latency_ms", "frames_per_s", "stages_ms", "cold_start_ms", "peak_rss_bytes", "model_bytes",
                "energy_j", "energy_method", "valid", "warnings", "seed", "raw_ms", "raw_ns")) {
            assertTrue(key, document.has(key));
        }
        for (String key : Arrays.asList("mean", "std", "min", "p50", "p90", "p95", "p99", "max", "ci95")) {
            assertTrue(key, document.getJSONObject("latency_ms").has(key));
        }
        assertEquals(20, document.getInt("runs"));
        assertEquals(20, document.getJSONArray("raw_ns").length());
        assertEquals(2, document.getInt("threads"));
        assertEquals("builtin", document.getString("kernels"));
        assertEquals(TestFiles.bundledModel().length, document.getLong("model_bytes"));
        assertEquals(
                document.getJSONArray("raw_ns").getLong(3) / 1e6, document.getJSONArray("raw_ms").getDouble(3), 1e-9);
        assertTrue(document.getBoolean("valid"));
        assertTrue(TestApplication.isShown(activity, R.id.outcome));
    }

    @Test
    public void aModelFromStorageIsMeasuredAndNotAdopted() throws Exception {
        File model = File.createTempFile("model", ".tflite");
        Files.write(model.toPath(), TestFiles.bundledModel());
        run(new Intent().putExtra("model", model.getPath()).putExtra("runs", 3).putExtra("output", "pushed"));
        assertEquals(model.getPath(), written("pushed").getString("model"));
        DemoApplication app = DemoApplication.of(RuntimeEnvironment.getApplication());
        assertEquals(null, app.models().settings().openedName());
    }

    @Test
    public void whatCannotBeMeasuredWritesTheReason() throws Exception {
        File text = File.createTempFile("model", ".tflite");
        Files.write(text.toPath(), "no model".getBytes("US-ASCII"));
        run(new Intent().putExtra("model", text.getPath()).putExtra("output", "broken"));
        assertTrue(written("broken").getString("error").startsWith("not_tflite: "));
        run(new Intent().putExtra("model", "/nowhere.tflite").putExtra("output", "missing"));
        assertTrue(written("missing").getString("error").startsWith("unreadable: "));
        run(new Intent().putExtra("runs", 0).putExtra("output", "none"));
        assertEquals("runs: expected 1 to 100000. Received: 0", written("none").getString("error"));
        run(new Intent().putExtra("runs", 5).putExtra("delegate", "npu").putExtra("output", "unknown"));
        assertEquals(
                "delegate: expected xnnpack, cpu, nnapi or gpu. Received: npu",
                written("unknown").getString("error"));
    }
}
