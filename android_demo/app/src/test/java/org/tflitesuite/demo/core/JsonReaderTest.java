package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import java.util.Arrays;
import java.util.Collections;

import org.junit.Test;

public final class JsonReaderTest {
    @Test
    public void readsEveryKindOfValue() {
        assertEquals(
                Arrays.asList(1L, -2.5, 1e3, "a\"\\/\b\f\n\r\té", true, false, null, Collections.emptyMap()),
                JsonReader.parse(" [1, -2.5, 1e3, \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\", true, false, null, {}] "));
    }

    @Test
    public void refusesWhatIsNotJson() {
        String[] broken = {
            "", " ", "[", "[1,]", "{\"a\"}", "{\"a\":1,}", "{1:2}", "01", "+1", "1.", ".5", "1e", "--1", "nul", "\"a",
            "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "[1] 2", "{\"a\":1", "'a'", "NaN", "-"
        };
        for (String text : broken) {
            assertThrows(text, IllegalArgumentException.class, () -> JsonReader.parse(text));
        }
    }

    @Test
    public void deepNestingIsRefusedNotFollowed() {
        String deep = String.join("", Collections.nCopies(100_000, "["));
        assertThrows(IllegalArgumentException.class, () -> JsonReader.parse(deep));
    }
}
