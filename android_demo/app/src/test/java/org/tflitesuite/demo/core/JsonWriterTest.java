package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;

import java.util.Arrays;
import java.util.Map;

import org.junit.Test;

public final class JsonWriterTest {
    @Test
    public void writesWhatTheReaderReads() {
        Map<String, Object> value = Measurement.map(
                "text", "a\"\\\n\u0001é", "whole", 7L, "real", 0.1, "yes", true, "none", null, "list", Arrays.asList("x", 1L));
        assertEquals(value, JsonReader.parse(JsonWriter.write(value)));
    }

    @Test
    public void writesArraysAndReplacesNumbersThatJsonLacks() {
        assertEquals(
                "{\"a\": [1, 2], \"b\": [0.5, null]}",
                JsonWriter.write(Measurement.map("a", new long[] {1, 2}, "b", new double[] {0.5, Double.NaN})));
    }
}
