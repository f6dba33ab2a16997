package org.tflitesuite.demo.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.tflitesuite.demo.core.ModelException.Reason;

/**
 * What a model's scores mean, and which answer they give: the decision inside a model of the suite.
 *
 * <p>Source: {@code docs/decision.md}, which says every step; each operation is rounded as there, so that the answers are
 * those of the other clients, bit by bit.
 */
public final class Decision {
    /** The decision's name among the associated files of a model. */
    static final String FILE_NAME = "tfl_lite_suite_decision.json";

    /** What an answer is where no class is. */
    public static final int NONE_OF_THESE = -1;

    private static final long VERSION = 1;
    private static final double LARGEST_SCORE = 1e30;
    private static final Set<String> KEYS = new HashSet<>(Arrays.asList(
            "version", "mode", "scores", "temperature", "thresholds", "reject", "frames"));

    private enum Certainty { NONE, MAX_PROBABILITY, MARGIN, ENTROPY, ENERGY }

    /** Consensus over frames: how many count, and which shares of them announce a class and keep it. */
    public static final class Frames {
        public final int window;
        public final double share;
        public final double hysteresis;

        Frames(int window, double share, double hysteresis) {
            this.window = window;
            this.share = share;
            this.hysteresis = hysteresis;
        }
    }

    /** The answer to one picture. */
    public static final class Answer {
        /** Of each class; NaN where a score is NaN. */
        public final double[] probabilities;
        /** The classes answered, by index; one at most unless the model answers several. */
        public final List<Integer> answered;
        /** The class answered, the one with the highest score of several; {@link #NONE_OF_THESE} where none is. */
        public final int top;
        /** What tells known pictures from others. */
        public final double certainty;

        Answer(double[] probabilities, List<Integer> answered, int top, double certainty) {
            this.probabilities = probabilities;
            this.answered = Collections.unmodifiableList(answered);
            this.top = top;
            this.certainty = certainty;
        }
    }

    public final Frames frames;

    private final boolean several;
    private final boolean givenProbabilities;
    private final double temperature;
    private final double[] thresholds;
    private final Certainty reject;
    private final double rejectBelow;

    private Decision(boolean several, boolean givenProbabilities, double temperature, double[] thresholds,
            Certainty reject, double rejectBelow, Frames frames) {
        this.several = several;
        this.givenProbabilities = givenProbabilities;
        this.temperature = temperature;
        this.thresholds = thresholds;
        this.reject = reject;
        this.rejectBelow = rejectBelow;
        this.frames = frames;
    }

    /** The decision of a model that has none: the greatest score wins. */
    static Decision plain(boolean givenProbabilities) {
        return new Decision(
                false, givenProbabilities, 1, new double[0], Certainty.NONE, 0, new Frames(1, 1, 0));
    }

    /**
     * Parses what the suite's Python side wrote; the text may come from a hostile file.
     *
     * @throws ModelException if the text is no decision, or one of a newer version
     */
    static Decision parse(String json) throws ModelException {
        Object values;
        try {
            values = JsonReader.parse(json);
        } catch (IllegalArgumentException error) {
            throw bad("not JSON: " + error.getMessage());
        }
        Map<?, ?> members = members(values, KEYS);
        if (!Long.valueOf(VERSION).equals(members.get("version"))) {
            throw bad("this app reads version " + VERSION + ". Received: " + members.get("version"));
        }
        Map<?, ?> reject = members(members.get("reject"), new HashSet<>(Arrays.asList("score", "threshold")));
        Map<?, ?> frames =
                members(members.get("frames"), new HashSet<>(Arrays.asList("window", "share", "hysteresis")));
        boolean several = choose(members.get("mode"), "single", "multi") == 1;
        boolean probabilities = choose(members.get("scores"), "logits", "probabilities") == 1;
        double temperature = number(members.get("temperature"), 1e-3, 1e3);
        Certainty score = Certainty.values()[
                choose(reject.get("score"), "none", "max_probability", "margin", "entropy", "energy")];
        boolean impossible = score == Certainty.ENERGY && probabilities
                || (score == Certainty.MARGIN || score == Certainty.ENTROPY) && several;
        if (impossible || probabilities && temperature != 1) {
            throw bad("contradicts itself");
        }
        return new Decision(several, probabilities, temperature, thresholds(members.get("thresholds")), score,
                number(reject.get("threshold"), -LARGEST_SCORE, LARGEST_SCORE),
                new Frames((int) number(frames.get("window"), 1, 1000), number(frames.get("share"), 1e-3, 1),
                        number(frames.get("hysteresis"), 0, 1)));
    }

    /** Whether it can answer pictures of so many classes. */
    boolean fits(int classes) {
        return thresholds.length == 0 || thresholds.length == classes;
    }

    /** Returns what is answered of the classes that frames agree on: all, or the first alone. */
    public List<Integer> answerOf(List<Integer> announced) {
        return several || announced.isEmpty() ? announced : announced.subList(0, 1);
    }

    /** Whether the model that it belongs to gives probabilities. */
    boolean takesProbabilities() {
        return givenProbabilities;
    }

    /** Answers a picture by its scores. */
    public Answer answer(float[] scores) {
        double[] probabilities = probabilities(scores);
        double certainty = certainty(scores, probabilities);
        List<Integer> candidates = new ArrayList<>();
        for (int index = 0; index < scores.length; index++) {
            boolean sure = reject == Certainty.NONE || certainty >= rejectBelow;
            if (sure && probabilities[index] >= threshold(index)) {
                candidates.add(index);
            }
        }
        int top = several || thresholds.length == 0 ? highest(candidates, scores) : preferred(candidates, probabilities, scores);
        if (!several) {
            candidates = top == NONE_OF_THESE ? new ArrayList<>() : new ArrayList<>(Arrays.asList(top));
        }
        return new Answer(probabilities, candidates, top, certainty);
    }

    private double threshold(int index) {
        return thresholds.length > 0 ? thresholds[index] : several ? 0.5 : 0;
    }

    private static int highest(List<Integer> candidates, float[] scores) {
        int best = NONE_OF_THESE;
        for (int index : candidates) {
            if (best == NONE_OF_THESE || scores[index] > scores[best]) {
                best = index;
            }
        }
        return best;
    }

    private int preferred(List<Integer> candidates, double[] probabilities, float[] scores) {
        double most = 0;
        for (int index : candidates) {
            most = Math.max(most, probabilities[index] / thresholds[index]);
        }
        List<Integer> best = new ArrayList<>();
        for (int index : candidates) {
            if (probabilities[index] / thresholds[index] == most) {
                best.add(index);
            }
        }
        return highest(best, scores);
    }

    private double[] probabilities(float[] scores) {
        double[] result = new double[scores.length];
        for (float score : scores) {
            if (Float.isNaN(score)) {
                Arrays.fill(result, Double.NaN);
                return result;
            }
        }
        if (givenProbabilities) {
            for (int index = 0; index < result.length; index++) {
                result[index] = scores[index];
            }
        } else if (several) {
            for (int index = 0; index < result.length; index++) {
                double score = clipped(scores[index]);
                double power = exponential(-Math.abs(score / temperature));
                result[index] = (score >= 0 ? 1 : power) / (1 + power);
            }
        } else {
            double most = greatest(scores);
            double sum = 0;
            for (int index = 0; index < result.length; index++) {
                result[index] = exponential((clipped(scores[index]) - most) / temperature);
                sum += result[index];
            }
            for (int index = 0; index < result.length; index++) {
                result[index] /= sum;
            }
        }
        return result;
    }

    private double certainty(float[] scores, double[] probabilities) {
        if (Double.isNaN(probabilities[0])) {
            return Double.NaN;
        }
        if (reject == Certainty.ENERGY) {
            return energy(scores);
        }
        if (reject == Certainty.ENTROPY) {
            double sum = 0;
            for (double probability : probabilities) {
                sum += probability > 0 ? probability * logarithm(probability) : 0;
            }
            return sum;
        }
        double first = Double.NEGATIVE_INFINITY;
        double second = Double.NEGATIVE_INFINITY;
        for (double probability : probabilities) {
            second = Math.max(second, Math.min(first, probability));
            first = Math.max(first, probability);
        }
        return reject == Certainty.MARGIN && probabilities.length > 1 ? first - second : first;
    }

    private double energy(float[] scores) {
        double sum = 0;
        if (several) {
            for (float each : scores) {
                double score = clipped(each);
                sum += Math.max(score, 0) + logarithm(1 + exponential(-Math.abs(score)));
            }
            return sum;
        }
        double most = greatest(scores);
        for (float score : scores) {
            sum += exponential(clipped(score) - most);
        }
        return most + logarithm(sum);
    }

    private static double greatest(float[] scores) {
        double most = -LARGEST_SCORE;
        for (float score : scores) {
            most = Math.max(most, clipped(score));
        }
        return most;
    }

    private static double clipped(float score) {
        return Math.min(Math.max(score, -LARGEST_SCORE), LARGEST_SCORE);
    }

    /** Returns e to the power of a value at most 0; {@code Math.exp} differs between machines. */
    static double exponential(double value) {
        if (value < -700) {
            return 0;
        }
        double twos = Math.floor(value * 1.4426950408889634 + 0.5);
        double rest = (value - twos * 0.693147180369123816490) - twos * 1.90821492927058770002e-10;
        double factorial = 6227020800.0;
        double total = 1 / factorial;
        for (int power = 12; power >= 0; power--) {
            factorial /= power + 1;
            total = total * rest + 1 / factorial;
        }
        return Math.scalb(total, (int) twos);
    }

    /** Returns the natural logarithm of a value above 0. */
    static double logarithm(double value) {
        int twos = Math.getExponent(value);
        double mantissa = Math.scalb(value, -twos);
        // As a number from √½ to √2.
        if (mantissa / 2 >= 0.7071067811865476) {
            mantissa /= 2;
            twos++;
        }
        double ratio = (mantissa - 1) / (mantissa + 1);
        double square = ratio * ratio;
        double total = 1.0 / 21;
        for (int term = 19; term >= 1; term -= 2) {
            total = total * square + 1.0 / term;
        }
        return twos * 0.6931471805599453 + 2 * ratio * total;
    }

    private static double[] thresholds(Object value) throws ModelException {
        if (!(value instanceof List)) {
            throw bad("thresholds: expected a list");
        }
        List<?> entries = (List<?>) value;
        double[] result = new double[entries.size()];
        for (int index = 0; index < result.length; index++) {
            result[index] = number(entries.get(index), 1e-9, 1);
        }
        return result;
    }

    private static Map<?, ?> members(Object value, Set<String> keys) throws ModelException {
        if (!(value instanceof Map) || !((Map<?, ?>) value).keySet().equals(keys)) {
            throw bad("expected an object with the keys " + keys);
        }
        return (Map<?, ?>) value;
    }

    private static int choose(Object value, String... allowed) throws ModelException {
        int place = Arrays.asList(allowed).indexOf(value);
        if (place < 0) {
            throw bad("expected one of " + Arrays.toString(allowed) + ". Received: " + value);
        }
        return place;
    }

    private static double number(Object value, double least, double most) throws ModelException {
        double number = value instanceof Number ? ((Number) value).doubleValue() : Double.NaN;
        if (!(number >= least && number <= most)) {
            throw bad("expected a number from " + least + " to " + most + ". Received: " + value);
        }
        return number;
    }

    private static ModelException bad(String what) {
        return new ModelException(Reason.BAD_DECISION, "decision: " + what);
    }
}
