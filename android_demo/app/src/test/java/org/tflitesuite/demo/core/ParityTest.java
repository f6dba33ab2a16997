package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;

import org.junit.Assume;
import org.junit.Test;

/** Compares the app's whole path with what {@code tools/android/make_parity.py} recorded from the Python harness. */
public final class ParityTest {
    private static final int MOST_STEPS = 2;
    private static final double LEAST_AGREEMENT = 0.99;

    @Test
    public void sameTensorsAndSameAnswersAsPython() throws Exception {
        String folder = System.getProperty("parity.dir", "");
        Assume.assumeFalse("no -Dparity.dir", folder.isEmpty());
        Path root = Paths.get(folder);
        ModelFile model = ModelFile.read(TestFiles.direct(Files.readAllBytes(root.resolve("model.tflite"))));
        for (Delegate delegate : new Delegate[] {Delegate.CPU, Delegate.XNNPACK}) {
            try (Classifier classifier = new Classifier(model, new JvmEngine.Factory().open(model, 1, delegate))) {
                compare(classifier, root, delegate);
            }
        }
    }

    private static void compare(Classifier classifier, Path root, Delegate delegate) throws Exception {
        List<Map<?, ?>> cases = TestFiles.cases(root.resolve("index.json"));
        int agreeing = 0;
        int identical = 0;
        int within = 0;
        double largest = 0;
        for (Map<?, ?> expected : cases) {
            Picture picture = TestFiles.picture(root.resolve((String) expected.get("picture")));
            byte[] tensor = Files.readAllBytes(root.resolve((String) expected.get("tensor")));
            assertArrayEquals(
                    (String) expected.get("picture"), tensor, new Preprocessor(classifier.model().contract).run(picture));
            Classifier.Result result = classifier.classify(picture);
            byte[] output = Files.readAllBytes(root.resolve((String) expected.get(delegate.kernels)));
            double difference = largestDifference(classifier, output);
            largest = Math.max(largest, difference);
            within += difference <= MOST_STEPS ? 1 : 0;
            identical += difference == 0 ? 1 : 0;
            agreeing += result.top.get(0).index == top(classifier.model(), output) ? 1 : 0;
        }
        System.out.println("parity, " + delegate.title + ": " + cases.size() + " pictures, tensors identical, top-1 same on "
                + agreeing + ", outputs identical on " + identical + ", within " + MOST_STEPS + " steps on " + within
                + ", largest difference " + largest);
        if (delegate == Delegate.XNNPACK && classifier.model().output.type != TensorSpec.Type.FLOAT32) {
            // XNNPACK's int8 kernels round otherwise from release to release; the two here are not of one release.
            return;
        }
        assertTrue("top-1 agrees on " + agreeing + " of " + cases.size(), agreeing >= LEAST_AGREEMENT * cases.size());
        assertTrue("largest difference " + largest, largest <= MOST_STEPS);
    }

    private static int top(ModelFile model, byte[] output) {
        float[] values = Scores.dequantize(model.output, TestFiles.direct(output));
        return Scores.top(Scores.softmax(values), 1).get(0).index;
    }

    /** In steps of the output's quantization; for floats in units of 1e-3. */
    private static double largestDifference(Classifier classifier, byte[] expected) {
        TensorSpec spec = classifier.model().output;
        float[] ours = Scores.dequantize(spec, TestFiles.direct(classifier.rawOutput()));
        float[] theirs = Scores.dequantize(spec, TestFiles.direct(expected));
        double step = spec.type == TensorSpec.Type.FLOAT32 ? 1e-3 : spec.scale;
        double largest = 0;
        for (int index = 0; index < ours.length; index++) {
            largest = Math.max(largest, Math.abs(ours[index] - theirs[index]) / step);
        }
        return spec.type == TensorSpec.Type.FLOAT32 ? largest : Math.rint(largest);
    }
}
