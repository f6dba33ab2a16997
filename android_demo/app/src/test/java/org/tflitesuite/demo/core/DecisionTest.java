package org.tflitesuite.demo.core;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Path;

import org.junit.Test;

public final class DecisionTest {
    private static final String WHOLE = "{\"version\": 1, \"mode\": \"single\", \"scores\": \"logits\","
            + " \"temperature\": 2.0, \"thresholds\": [0.5, 0.1], \"reject\": {\"score\": \"none\", \"threshold\": 0},"
            + " \"frames\": {\"window\": 5, \"share\": 0.6, \"hysteresis\": 0.2}}";

    @Test
    public void answersTheGoldenVectorsAsPythonDoes() throws Exception {
        Path golden = TestFiles.repository().resolve("tests/golden_decisions.json");
        assertEquals(1000, GoldenDecisions.check(TestFiles.cases(golden)));
    }

    @Test
    public void aLowThresholdPrefersItsClass() throws ModelException {
        Decision decision = Decision.parse(WHOLE);
        assertEquals(1, decision.answer(new float[] {2, 0}).top);
        assertEquals(Decision.NONE_OF_THESE, decision.answer(new float[] {Float.NaN, 0}).top);
        assertTrue(decision.fits(2) && !decision.fits(3));
        assertEquals(0, Decision.plain(false).answer(new float[] {2, 0}).top);
    }

    @Test
    public void refusesWhatIsNoDecision() {
        String[] texts = {
            "", "[]", WHOLE.replace("1,", "2,"), WHOLE.replace("single", "double"), WHOLE.replace("2.0", "0"),
            WHOLE.replace("0.1]", "0]"), WHOLE.replace("\"none\"", "\"certainty\""), WHOLE.replace("5,", "0,"),
            WHOLE.replace("\"logits\"", "\"probabilities\""), WHOLE.replace("\"mode\"", "\"made\"")
        };
        for (String text : texts) {
            assertThrows(text, ModelException.class, () -> Decision.parse(text));
        }
    }
}
