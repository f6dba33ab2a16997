package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.util.Arrays;

import org.junit.Test;

public final class ContractTest {
    static final String VALID = "{\"channels\": 3, \"contrast\": \"none\", \"fit\": \"crop\", \"height\": 32, "
            + "\"labels\": [\"cat\", \"狗\"], \"resize_height\": 36, \"resize_width\": 40, \"version\": 1, \"width\": 30}";

    static Contract contract(
            int height, int width, int channels, int resizeHeight, int resizeWidth, String fit, String contrast)
            throws ModelException {
        return Contract.parse(JsonWriter.write(Measurement.map(
                "version", 1, "height", height, "width", width, "channels", channels, "resize_height", resizeHeight,
                "resize_width", resizeWidth, "fit", fit, "contrast", contrast, "labels", new String[0])));
    }

    @Test
    public void readsEveryKey() throws Exception {
        Contract contract = Contract.parse(VALID);
        assertEquals(32, contract.height);
        assertEquals(30, contract.width);
        assertEquals(3, contract.channels);
        assertEquals(36, contract.resizeHeight);
        assertEquals(40, contract.resizeWidth);
        assertTrue(contract.keepsAspectRatio);
        assertFalse(contract.stretchesContrast);
        assertEquals(Arrays.asList("cat", "狗"), contract.labels);
    }

    @Test
    public void refusesWhatBreaksTheRules() {
        String[][] changes = {
            {"\"version\": 1", "\"version\": 2"},
            {"\"version\": 1, ", ""},
            {"\"height\": 32", "\"height\": 0"},
            {"\"height\": 32", "\"height\": 4097"},
            {"\"height\": 32", "\"height\": 32.5"},
            {"\"height\": 32", "\"height\": \"32\""},
            {"\"channels\": 3", "\"channels\": 4"},
            {"\"fit\": \"crop\"", "\"fit\": \"pad\""},
            {"\"contrast\": \"none\"", "\"contrast\": null"},
            {"\"resize_height\": 36", "\"resize_height\": 31"},
            {"\"狗\"", "7"},
            {"[\"cat\", \"狗\"]", "{}"},
            {"\"width\": 30", "\"width\": 30, \"mean\": 127"},
            {"}", ""},
        };
        for (String[] change : changes) {
            String text = VALID.replace(change[0], change[1]);
            ModelException error = assertThrows(change[1], ModelException.class, () -> Contract.parse(text));
            assertEquals(ModelException.Reason.BAD_CONTRACT, error.reason());
        }
    }
}
