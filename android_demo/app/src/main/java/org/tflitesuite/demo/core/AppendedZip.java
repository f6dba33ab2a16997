package org.tflitesuite.demo.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The ZIP archive of associated files at the end of a model file, which may be hostile.
 *
 * <p>{@code java.util.zip.ZipFile} is no help: on Android it refuses archives that do not begin at the first byte.
 *
 * <p>Source: APPNOTE.TXT of the ZIP file format, sections 4.3.7, 4.3.12 and 4.3.16.
 */
final class AppendedZip {
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int DIRECTORY_SIGNATURE = 0x02014b50;
    private static final int LOCAL_SIGNATURE = 0x04034b50;
    private static final int END_BYTES = 22;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;

    private AppendedZip() {}

    /**
     * Reads one file of the archive.
     *
     * @param content the whole model file
     * @param name the file's name in the archive
     * @param mostBytes the size above which the file is taken for an attack
     * @return the file's bytes, or null if there is no archive or no such file in it
     * @throws IOException if the archive contradicts itself
     */
    static byte[] read(ByteBuffer content, String name, int mostBytes) throws IOException {
        ByteBuffer file = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        try {
            int end = findEnd(file);
            return end < 0 ? null : find(file, end, name, mostBytes);
        } catch (IndexOutOfBoundsException | IllegalArgumentException | DataFormatException error) {
            throw new IOException("the archive of associated files is damaged: " + error.getMessage());
        }
    }

    private static int findEnd(ByteBuffer file) {
        int last = file.limit() - END_BYTES;
        for (int place = last; place >= Math.max(0, last - LONGEST_COMMENT); place--) {
            if (file.getInt(place) == END_SIGNATURE && (file.getShort(place + 20) & 0xFFFF) == last - place) {
                return place;
            }
        }
        return -1;
    }

    private static byte[] find(ByteBuffer file, int end, String name, int mostBytes)
            throws IOException, DataFormatException {
        int entries = file.getShort(end + 10) & 0xFFFF;
        int place = file.getInt(end + 16);
        for (int entry = 0; entry < entries; entry++) {
            if (file.getInt(place) != DIRECTORY_SIGNATURE) {
                throw new IOException("the archive of associated files is damaged: no entry at byte " + place);
            }
            int nameBytes = file.getShort(place + 28) & 0xFFFF;
            if (name.equals(text(file, place + 46, nameBytes))) {
                return extract(file, place, mostBytes);
            }
            place += 46 + nameBytes + (file.getShort(place + 30) & 0xFFFF) + (file.getShort(place + 32) & 0xFFFF);
        }
        return null;
    }

    private static byte[] extract(ByteBuffer file, int entry, int mostBytes) throws IOException, DataFormatException {
        int method = file.getShort(entry + 10) & 0xFFFF;
        int packed = file.getInt(entry + 20);
        int size = file.getInt(entry + 24);
        int local = file.getInt(entry + 42);
        if (packed < 0 || size < 0 || size > mostBytes || packed > mostBytes) {
            throw new IOException("an associated file has " + (size & 0xFFFFFFFFL) + " bytes; the limit is " + mostBytes);
        }
        if (file.getInt(local) != LOCAL_SIGNATURE) {
            throw new IOException("the archive of associated files is damaged: no file at byte " + local);
        }
        int begin = local + 30 + (file.getShort(local + 26) & 0xFFFF) + (file.getShort(local + 28) & 0xFFFF);
        byte[] bytes = bytes(file, begin, packed);
        if (method == STORED && packed == size) {
            return bytes;
        }
        if (method != DEFLATED) {
            throw new IOException("an associated file is packed by method " + method + "; known are stored and deflated");
        }
        return inflate(bytes, size);
    }

    private static byte[] inflate(byte[] packed, int size) throws IOException, DataFormatException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed);
            byte[] bytes = new byte[size];
            int done = 0;
            while (done < size) {
                int step = inflater.inflate(bytes, done, size - done);
                if (step == 0) {
                    throw new IOException("an associated file ends too early");
                }
                done += step;
            }
            return bytes;
        } finally {
            inflater.end();
        }
    }

    private static String text(ByteBuffer file, int begin, int length) {
        return new String(bytes(file, begin, length), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer file, int begin, int length) {
        ByteBuffer view = file.duplicate();
        view.position(begin);
        if (length > view.remaining()) {
            throw new IndexOutOfBoundsException(length + " bytes at byte " + begin + " leave the file");
        }
        byte[] bytes = new byte[length];
        view.get(bytes);
        return bytes;
    }
}
