package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.Test;

public final class PreprocessorTest {
    @Test
    public void goldenTensorsAreBitIdentical() throws Exception {
        Path folder = TestFiles.golden();
        List<Map<?, ?>> cases = TestFiles.cases(folder.resolve("index.json"));
        assertTrue("too few cases: " + cases.size(), cases.size() >= 50);
        for (Map<?, ?> golden : cases) {
            byte[] pixels = Files.readAllBytes(folder.resolve((String) golden.get("pixels")));
            Picture picture = TestFiles.picture(
                    pixels, number(golden, "pixels_height"), number(golden, "pixels_width"));
            Contract contract = Contract.parse(JsonWriter.write(golden.get("contract")));
            byte[] expected = Files.readAllBytes(folder.resolve((String) golden.get("tensor")));
            assertArrayEquals((String) golden.get("name"), expected, new Preprocessor(contract).run(picture));
        }
    }

    @Test
    public void longThinPictureIsNotScaledAsAWhole() throws Exception {
        Contract contract = ContractTest.contract(224, 224, 3, 256, 256, "crop", "none");
        Picture line = new Picture(400_000, 1, new int[400_000]);
        byte[] tensor = new Preprocessor(contract).run(line);
        assertEquals(224 * 224 * 3, tensor.length);
        assertEquals("transparent black on white", (byte) 255, tensor[0]);
    }

    @Test
    public void cropOffsetRoundsHalvesToTheEvenNeighbour() {
        assertEquals(0, Preprocessor.cropOffset(25, 24));
        assertEquals(2, Preprocessor.cropOffset(27, 24));
        assertEquals(2, Preprocessor.cropOffset(29, 24));
        assertEquals(3, Preprocessor.cropOffset(30, 24));
    }

    @Test
    public void seenPartIsTheCentreCrop() throws Exception {
        Contract contract = ContractTest.contract(24, 24, 3, 27, 27, "crop", "none");
        float[] part = new Preprocessor(contract).seenPart(new Picture(200, 100, new int[20_000]));
        assertEquals(24 / 54.0, part[0], 1e-6);
        assertEquals(24 / 27.0, part[1], 1e-6);
    }

    private static int number(Map<?, ?> values, String key) {
        return (int) (long) (Long) values.get(key);
    }
}
