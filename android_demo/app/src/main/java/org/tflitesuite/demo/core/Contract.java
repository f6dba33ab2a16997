package org.tflitesuite.demo.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.tflitesuite.demo.core.ModelException.Reason;

/** How a picture becomes the tensor of raw pixels that a model takes: the contract inside every model of the suite. */
public final class Contract {
    /** The contract's name among the associated files of a model. */
    static final String FILE_NAME = "tfl_lite_suite.json";

    private static final long VERSION = 1;
    private static final long LARGEST_SIDE = 4096;
    private static final Set<String> KEYS = new HashSet<>(Arrays.asList(
            "version", "height", "width", "channels", "resize_height", "resize_width", "fit", "contrast", "labels"));

    /** Height of the input tensor, in pixels. */
    public final int height;
    /** Width of the input tensor, in pixels. */
    public final int width;
    /** 3 for RGB, 1 for grey. */
    public final int channels;
    /** Height to which the picture is scaled before the centre crop. */
    public final int resizeHeight;
    /** Width to which the picture is scaled before the centre crop. */
    public final int resizeWidth;
    /** Whether scaling keeps the aspect ratio and covers both sides; otherwise both sides are met exactly. */
    public final boolean keepsAspectRatio;
    /** Whether the darkest value becomes 0 and the brightest 255. */
    public final boolean stretchesContrast;
    /** Class names in the order of the scores; may be empty. */
    public final List<String> labels;

    private Contract(Map<?, ?> values) throws ModelException {
        height = side(values, "height");
        width = side(values, "width");
        resizeHeight = side(values, "resize_height");
        resizeWidth = side(values, "resize_width");
        channels = Arrays.asList(1L, 3L).contains(values.get("channels")) ? (int) (long) (Long) values.get("channels") : 0;
        if (channels == 0) {
            throw bad("channels: expected 1 or 3. Received: " + values.get("channels"));
        }
        if (resizeHeight < height || resizeWidth < width) {
            throw bad("the picture is scaled to " + resizeHeight + "x" + resizeWidth + ", smaller than the crop "
                    + height + "x" + width);
        }
        keepsAspectRatio = choose(values, "fit", "crop", "stretch");
        stretchesContrast = choose(values, "contrast", "stretch", "none");
        labels = strings(values.get("labels"));
    }

    /**
     * Parses what the suite's Python side wrote; the text may come from a hostile file.
     *
     * @throws ModelException if the text is no contract, or one of a newer version
     */
    static Contract parse(String json) throws ModelException {
        Object values;
        try {
            values = JsonReader.parse(json);
        } catch (IllegalArgumentException error) {
            throw bad("not JSON: " + error.getMessage());
        }
        if (!(values instanceof Map)) {
            throw bad("expected a JSON object");
        }
        Map<?, ?> members = (Map<?, ?>) values;
        if (!Long.valueOf(VERSION).equals(members.get("version"))) {
            throw bad("this app reads version " + VERSION + ". Received: " + members.get("version"));
        }
        if (!members.keySet().equals(KEYS)) {
            throw bad("expected the keys " + KEYS + ". Received: " + members.keySet());
        }
        return new Contract(members);
    }

    private static int side(Map<?, ?> values, String key) throws ModelException {
        Object value = values.get(key);
        if (!(value instanceof Long) || (Long) value < 1 || (Long) value > LARGEST_SIDE) {
            throw bad(key + ": expected a whole number from 1 to " + LARGEST_SIDE + ". Received: " + value);
        }
        return (int) (long) (Long) value;
    }

    private static boolean choose(Map<?, ?> values, String key, String yes, String no) throws ModelException {
        Object value = values.get(key);
        if (!yes.equals(value) && !no.equals(value)) {
            throw bad(key + ": expected '" + yes + "' or '" + no + "'. Received: " + value);
        }
        return yes.equals(value);
    }

    private static List<String> strings(Object value) throws ModelException {
        if (!(value instanceof List)) {
            throw bad("labels: expected a list of strings");
        }
        List<String> result = new ArrayList<>();
        for (Object entry : (List<?>) value) {
            if (!(entry instanceof String)) {
                throw bad("labels: expected a list of strings");
            }
            result.add((String) entry);
        }
        return Collections.unmodifiableList(result);
    }

    private static ModelException bad(String detail) {
        return new ModelException(Reason.BAD_CONTRACT, FILE_NAME + ": " + detail);
    }
}
