package org.tflitesuite.demo.core;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Compares this app's decisions with the golden ones; also run alone, without JUnit: {@code GoldenDecisions FILE}. */
final class GoldenDecisions {
    private GoldenDecisions() {}

    public static void main(String[] arguments) throws Exception {
        String text = new String(Files.readAllBytes(Paths.get(arguments[0])), StandardCharsets.UTF_8);
        @SuppressWarnings("unchecked")
        List<Map<?, ?>> cases = (List<Map<?, ?>>) ((Map<?, ?>) JsonReader.parse(text)).get("cases");
        System.out.println(check(cases) + " equal");
    }

    /** Returns how many vectors were compared; all are equal, bit by bit. */
    static int check(List<Map<?, ?>> cases) throws ModelException {
        int count = 0;
        for (Map<?, ?> each : cases) {
            Decision decision = Decision.parse(JsonWriter.write(each.get("decision")));
            Consensus consensus = new Consensus(decision.frames);
            for (Object item : (List<?>) each.get("frames")) {
                Map<?, ?> frame = (Map<?, ?>) item;
                Decision.Answer answer = decision.answer(scores(frame, each));
                same(frame, "top", answer.top);
                same(frame, "certainty", answer.certainty);
                same(frame, "answered", answer.answered);
                List<Object> probabilities = new ArrayList<>();
                for (double probability : answer.probabilities) {
                    probabilities.add(probability);
                }
                same(frame, "probabilities", probabilities);
                same(frame, "announced", consensus.add(answer.answered));
                count++;
            }
        }
        return count;
    }

    private static float[] scores(Map<?, ?> frame, Map<?, ?> of) {
        List<?> raw = (List<?>) frame.get("raw");
        float scale = (float) number(of.get("scale"));
        int zeroPoint = (int) number(of.get("zero_point"));
        float[] scores = new float[raw.size()];
        for (int index = 0; index < scores.length; index++) {
            scores[index] = scale * ((float) number(raw.get(index)) - zeroPoint);
        }
        return scores;
    }

    private static void same(Map<?, ?> frame, String key, Object received) {
        Object expected = frame.get(key);
        List<?> wanted = expected instanceof List ? (List<?>) expected : Arrays.asList(expected);
        List<?> given = received instanceof List ? (List<?>) received : Arrays.asList(received);
        boolean equal = wanted.size() == given.size();
        for (int index = 0; equal && index < wanted.size(); index++) {
            equal = Double.compare(number(wanted.get(index)), number(given.get(index))) == 0;
        }
        if (!equal) {
            throw new AssertionError(key + ": expected " + expected + ", received " + received + " for " + frame.get("raw"));
        }
    }

    private static double number(Object value) {
        return value == null ? Double.NaN : Double.parseDouble(String.valueOf(value));
    }
}
