package org.tflitesuite.demo.core;

import java.lang.reflect.Array;
import java.util.Locale;
import java.util.Map;

/** Writes maps, iterables, arrays, strings, numbers, booleans and null as JSON (RFC 8259). */
public final class JsonWriter {
    private JsonWriter() {}

    /** Returns one document; numbers that JSON lacks, such as NaN, become null. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        append(value, out);
        return out.toString();
    }

    private static void append(Object value, StringBuilder out) {
        if (value instanceof Map) {
            appendMap((Map<?, ?>) value, out);
        } else if (value instanceof Iterable) {
            out.append('[');
            String separator = "";
            for (Object entry : (Iterable<?>) value) {
                out.append(separator);
                append(entry, out);
                separator = ", ";
            }
            out.append(']');
        } else if (value != null && value.getClass().isArray()) {
            appendArray(value, out);
        } else if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            out.append(Double.isNaN(number) || Double.isInfinite(number) ? "null" : value.toString());
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            appendString(value.toString(), out);
        }
    }

    private static void appendMap(Map<?, ?> map, StringBuilder out) {
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator);
            appendString(String.valueOf(entry.getKey()), out);
            out.append(": ");
            append(entry.getValue(), out);
            separator = ", ";
        }
        out.append('}');
    }

    private static void appendArray(Object array, StringBuilder out) {
        out.append('[');
        int length = Array.getLength(array);
        for (int index = 0; index < length; index++) {
            out.append(index == 0 ? "" : ", ");
            append(Array.get(array, index), out);
        }
        out.append(']');
    }

    private static void appendString(String text, StringBuilder out) {
        out.append('"');
        for (int index = 0; index < text.length(); index++) {
            char character = text.charAt(index);
            if (character == '"' || character == '\\') {
                out.append('\\').append(character);
            } else if (character < ' ') {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) character));
            } else {
                out.append(character);
            }
        }
        out.append('"');
    }
}
