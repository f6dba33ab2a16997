package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

import org.junit.Before;
import org.junit.Test;
import org.tflitesuite.demo.core.ModelException.Reason;

public final class ModelFileTest {
    private byte[] bundled;

    @Before
    public void readBundled() throws Exception {
        bundled = TestFiles.bundledModel();
    }

    @Test
    public void bundledModelSaysAllThatTheAppNeeds() throws Exception {
        ModelFile model = ModelFile.read(TestFiles.direct(bundled));
        assertFalse(model.name.isEmpty());
        assertEquals(model.classes(), model.contract.labels.size());
        assertEquals(TensorSpec.Type.INT8, model.input.type);
        assertEquals("int8 = pixel - 128", 1f, model.input.scale, 0);
        assertEquals("int8 = pixel - 128", -128, model.input.zeroPoint);
        assertEquals(model.contract.labels.get(0), model.label(0));
    }

    @Test
    public void otherFilesAreToldApart() {
        assertEquals(Reason.NOT_TFLITE, reason(new byte[0]));
        assertEquals(Reason.NOT_TFLITE, reason("hello, this is text".getBytes(StandardCharsets.US_ASCII)));
        assertEquals(Reason.DAMAGED, reason(Arrays.copyOf(bundled, 12)));
    }

    @Test
    public void aModelWithoutItsArchiveHasNoContract() {
        int archive = new String(bundled, StandardCharsets.ISO_8859_1).lastIndexOf("PK\3\4labels.txt") ;
        int first = new String(bundled, StandardCharsets.ISO_8859_1).indexOf("PK\3\4");
        assertTrue(first > 0 && archive <= bundled.length);
        assertEquals(Reason.NO_CONTRACT, reason(Arrays.copyOf(bundled, first)));
    }

    @Test
    public void labelsThatContradictTheContractAreRefused() throws Exception {
        ModelFile model = ModelFile.read(TestFiles.direct(bundled));
        String first = model.label(0);
        String changed = (first.charAt(0) == 'x' ? "y" : "x") + first.substring(1);
        byte[] other = replaced(bundled, first + "\n", changed + "\n");
        assertEquals(Reason.CONTRADICTION, reason(other));
    }

    @Test
    public void aContractThatContradictsTheTensorsIsRefused() throws Exception {
        ModelFile model = ModelFile.read(TestFiles.direct(bundled));
        int channels = model.contract.channels;
        byte[] other = replaced(bundled, "\"channels\": " + channels, "\"channels\": " + (4 - channels));
        assertEquals(Reason.CONTRADICTION, reason(other));
    }

    @Test
    public void truncatedFilesGiveAReason() {
        for (int length = 0; length < bundled.length; length += 1 + bundled.length / 500) {
            reason(Arrays.copyOf(bundled, length));
        }
    }

    @Test
    public void flippedBitsGiveAReasonOrAModel() {
        Random random = new Random(0);
        for (int round = 0; round < 3000; round++) {
            byte[] flipped = bundled.clone();
            // Half of the flips go where the reader looks: the first and last bytes.
            int span = round % 2 == 0 ? flipped.length : Math.min(4096, flipped.length);
            int place = random.nextInt(span);
            place = round % 4 == 1 ? flipped.length - 1 - place : place;
            flipped[place] ^= (byte) (1 << random.nextInt(8));
            readsOrGivesReason(flipped);
        }
    }

    @Test
    public void randomWordsGiveAReasonOrAModel() {
        Random random = new Random(1);
        for (int round = 0; round < 3000; round++) {
            byte[] changed = bundled.clone();
            ByteBuffer words = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
            int place = random.nextInt(Math.min(4096, changed.length - 4));
            int[] nasty = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, changed.length, random.nextInt()};
            words.putInt(round % 2 == 0 ? place : changed.length - 4 - place, nasty[random.nextInt(nasty.length)]);
            readsOrGivesReason(changed);
        }
    }

    @Test
    public void changedOffsetsGiveAReasonOrAModel() {
        Random random = new Random(2);
        for (int round = 0; round < 3000; round++) {
            byte[] changed = bundled.clone();
            ByteBuffer words = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
            for (int word = 0; word <= round % 4; word++) {
                int place = 4 * random.nextInt(Math.min(4096, changed.length) / 4 - 1);
                words.putInt(place, random.nextInt(2 * changed.length));
            }
            readsOrGivesReason(changed);
        }
    }

    private static Reason reason(byte[] file) {
        return assertThrows(ModelException.class, () -> ModelFile.read(TestFiles.direct(file))).reason();
    }

    private static void readsOrGivesReason(byte[] file) {
        try {
            ModelFile.read(TestFiles.direct(file));
        } catch (ModelException error) {
            assertFalse(error.getMessage().isEmpty());
        } catch (RuntimeException | Error error) {
            fail("not a ModelException: " + error);
        }
    }

    private static byte[] replaced(byte[] file, String from, String to) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        String raw = new String(from.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        int place = text.lastIndexOf(raw);
        assertTrue(from, place > 0);
        byte[] result = file.clone();
        byte[] bytes = to.getBytes(StandardCharsets.UTF_8);
        assertEquals(raw.length(), bytes.length);
        System.arraycopy(bytes, 0, result, place, bytes.length);
        return result;
    }
}
