package org.tflitesuite.demo.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses JSON (RFC 8259) that may be hostile: nesting is limited, and so is nothing but memory otherwise.
 *
 * <p>{@code org.json} is part of Android only, overflows the stack on deep nesting and accepts much that is not JSON.
 */
final class JsonReader {
    private static final int DEEPEST = 32;

    private final String text;
    private int next;

    private JsonReader(String text) {
        this.text = text;
    }

    /**
     * Parses one document.
     *
     * @return a Map, List, String, Long, Double, Boolean, or null
     * @throws IllegalArgumentException if the text is not JSON
     */
    static Object parse(String text) {
        JsonReader reader = new JsonReader(text);
        Object value = reader.value(0);
        reader.skipSpace();
        if (reader.next < text.length()) {
            throw reader.error("nothing more");
        }
        return value;
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("nested deeper than " + DEEPEST);
        }
        skipSpace();
        switch (peek()) {
            case '{':
                return object(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> members = new LinkedHashMap<>();
        next++;
        skipSpace();
        if (peek() == '}') {
            next++;
            return members;
        }
        while (true) {
            skipSpace();
            if (peek() != '"') {
                throw error("a name");
            }
            String name = string();
            skipSpace();
            take(':');
            members.put(name, value(depth + 1));
            skipSpace();
            if (peek() == '}') {
                next++;
                return members;
            }
            take(',');
        }
    }

    private List<Object> list(int depth) {
        List<Object> entries = new ArrayList<>();
        next++;
        skipSpace();
        if (peek() == ']') {
            next++;
            return entries;
        }
        while (true) {
            entries.add(value(depth + 1));
            skipSpace();
            if (peek() == ']') {
                next++;
                return entries;
            }
            take(',');
        }
    }

    private String string() {
        StringBuilder result = new StringBuilder();
        next++;
        while (true) {
            char character = peek();
            next++;
            if (character == '"') {
                return result.toString();
            }
            if (character < ' ') {
                throw error("no control character in a string");
            }
            result.append(character == '\\' ? escaped() : character);
        }
    }

    private char escaped() {
        char character = peek();
        next++;
        switch (character) {
            case '"':
            case '\\':
            case '/':
                return character;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                return hexadecimal();
            default:
                throw error("an escape");
        }
    }

    private char hexadecimal() {
        int code = 0;
        for (int digit = 0; digit < 4; digit++) {
            int value = Character.digit(peek(), 16);
            if (value < 0) {
                throw error("four hexadecimal digits");
            }
            code = code << 4 | value;
            next++;
        }
        return (char) code;
    }

    private Object number() {
        int begin = next;
        while (next < text.length() && "+-.eE0123456789".indexOf(text.charAt(next)) >= 0) {
            next++;
        }
        String digits = text.substring(begin, next);
        if (digits.matches("-?(0|[1-9][0-9]{0,17})")) {
            return Long.valueOf(digits);
        }
        if (digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            return Double.valueOf(digits);
        }
        next = begin;
        throw error("a value");
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, next)) {
            throw error("a value");
        }
        next += word.length();
        return value;
    }

    private void take(char expected) {
        if (peek() != expected) {
            throw error("'" + expected + "'");
        }
        next++;
    }

    private char peek() {
        if (next >= text.length()) {
            throw error("more");
        }
        return text.charAt(next);
    }

    private void skipSpace() {
        while (next < text.length() && " \t\n\r".indexOf(text.charAt(next)) >= 0) {
            next++;
        }
    }

    private IllegalArgumentException error(String expected) {
        return new IllegalArgumentException("expected " + expected + " at character " + next);
    }
}
