package org.tflitesuite.demo.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;

/**
 * A table of a flatbuffer that may be hostile.
 *
 * <p>Every access is checked by the buffer; one that leaves it throws {@link IndexOutOfBoundsException}, which readers
 * turn into a {@link ModelException}. Vectors are measured against the buffer before anything is allocated.
 *
 * <p>Source: https://flatbuffers.dev/internals/
 */
final class FlatTable {
    private final ByteBuffer buffer;
    private final int position;

    private FlatTable(ByteBuffer buffer, int position) {
        this.buffer = buffer;
        this.position = position;
    }

    /** Returns the root table of a flatbuffer that fills {@code content}. */
    static FlatTable root(ByteBuffer content) {
        ByteBuffer buffer = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        return new FlatTable(buffer, follow(buffer, 0));
    }

    /** Whether the four characters after the root offset are {@code identifier}. */
    static boolean hasIdentifier(ByteBuffer content, String identifier) {
        if (content.remaining() < 8) {
            return false;
        }
        for (int index = 0; index < 4; index++) {
            if (content.get(content.position() + 4 + index) != identifier.charAt(index)) {
                return false;
            }
        }
        return true;
    }

    int integer(int field, int otherwise) {
        int place = at(field);
        return place == 0 ? otherwise : buffer.getInt(place);
    }

    int unsignedByte(int field, int otherwise) {
        int place = at(field);
        return place == 0 ? otherwise : buffer.get(place) & 0xFF;
    }

    /** Returns the text of a field, empty where it is absent. */
    String text(int field) {
        ByteBuffer bytes = bytes(field);
        return bytes == null ? "" : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    /** Returns a view of a byte vector, or null where it is absent. */
    ByteBuffer bytes(int field) {
        int place = at(field);
        if (place == 0) {
            return null;
        }
        int vector = follow(buffer, place);
        int length = length(vector, 1);
        ByteBuffer view = buffer.duplicate();
        view.position(vector + 4);
        view.limit(vector + 4 + length);
        return view.slice();
    }

    int[] integers(int field) {
        int place = at(field);
        if (place == 0) {
            return new int[0];
        }
        int vector = follow(buffer, place);
        int[] values = new int[length(vector, 4)];
        for (int index = 0; index < values.length; index++) {
            values[index] = buffer.getInt(vector + 4 + 4 * index);
        }
        return values;
    }

    float[] floats(int field) {
        int[] bits = integers(field);
        float[] values = new float[bits.length];
        for (int index = 0; index < bits.length; index++) {
            values[index] = Float.intBitsToFloat(bits[index]);
        }
        return values;
    }

    long[] longs(int field) {
        int place = at(field);
        if (place == 0) {
            return new long[0];
        }
        int vector = follow(buffer, place);
        long[] values = new long[length(vector, 8)];
        for (int index = 0; index < values.length; index++) {
            values[index] = buffer.getLong(vector + 4 + 8 * index);
        }
        return values;
    }

    /** Returns the table of a field, or null where it is absent. */
    FlatTable table(int field) {
        int place = at(field);
        return place == 0 ? null : new FlatTable(buffer, follow(buffer, place));
    }

    List<FlatTable> tables(int field) {
        int place = at(field);
        if (place == 0) {
            return Collections.emptyList();
        }
        int vector = follow(buffer, place);
        int length = length(vector, 4);
        // Made on demand: a hostile file can claim millions of tables.
        return new AbstractList<FlatTable>() {
            @Override
            public FlatTable get(int index) {
                if (index < 0 || index >= length) {
                    throw new IndexOutOfBoundsException("entry " + index + " of a list of " + length);
                }
                return new FlatTable(buffer, follow(buffer, vector + 4 + 4 * index));
            }

            @Override
            public int size() {
                return length;
            }
        };
    }

    private int at(int field) {
        int vtable = Math.subtractExact(position, buffer.getInt(position));
        int slot = 4 + 2 * field;
        if (slot + 2 > (buffer.getShort(vtable) & 0xFFFF)) {
            return 0;
        }
        int offset = buffer.getShort(vtable + slot) & 0xFFFF;
        return offset == 0 ? 0 : position + offset;
    }

    private int length(int vector, int bytesEach) {
        int length = buffer.getInt(vector);
        if (length < 0 || (long) length * bytesEach > buffer.limit() - 4L - vector) {
            throw new IndexOutOfBoundsException("a list of " + (length & 0xFFFFFFFFL) + " entries leaves the file");
        }
        return length;
    }

    private static int follow(ByteBuffer buffer, int place) {
        long target = place + (buffer.getInt(place) & 0xFFFFFFFFL);
        if (target >= buffer.limit()) {
            throw new IndexOutOfBoundsException("an offset leads to byte " + target + ", outside the file");
        }
        return (int) target;
    }
}
