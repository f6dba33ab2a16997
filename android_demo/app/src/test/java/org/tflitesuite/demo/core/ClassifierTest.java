package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.Random;

import org.junit.Test;

public final class ClassifierTest {
    @Test
    public void classifiesWithRealTensorFlowLite() throws Exception {
        ModelFile model = ModelFile.read(TestFiles.direct(TestFiles.bundledModel()));
        Engine engine = new JvmEngine.Factory().open(model, 1, Delegate.XNNPACK);
        try (Classifier classifier = new Classifier(model, engine)) {
            Classifier.Result result = classifier.classify(noise(320, 240));
            assertEquals(Math.min(3, model.classes()), result.top.size());
            double sum = 0;
            for (Scores.Ranked ranked : result.top) {
                sum += ranked.probability;
            }
            assertTrue("probabilities sum to " + sum, sum > 0 && sum <= 1 + 1e-9);
            assertTrue(result.preprocessingNanos > 0 && result.inferenceNanos > 0 && result.postprocessingNanos > 0);
            byte[] before = classifier.rawOutput();
            assertTrue(classifier.runAgain() > 0);
            assertArrayEquals("the same input again", before, classifier.rawOutput());
        }
    }

    static Picture noise(int width, int height) {
        Random random = new Random(0);
        int[] argb = new int[width * height];
        for (int index = 0; index < argb.length; index++) {
            argb[index] = 0xFF000000 | random.nextInt(1 << 24);
        }
        return new Picture(width, height, argb);
    }
}
