package org.tflitesuite.demo.core;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reads damaged files with one of the app's readers, for {@code tools/fuzz.py}: {@code FuzzedReader NAME}.
 *
 * <p>Standard input is a sequence of files, each after its length (four bytes, the highest first). For each a line is
 * printed: "read", "refused", or what else came of it.
 */
final class FuzzedReader {
    private static final int MOST_SECONDS = 120;
    private static final int FIELDS = 12;
    private static final int DEEPEST = 4;
    private static final int MOST_ENTRIES = 16;
    private static final int MOST_TABLES = 1000;
    private static final int MOST_BYTES = 8 << 20;
    private static final String[] ARCHIVED = {Contract.FILE_NAME, Decision.FILE_NAME, "labels.txt"};

    private FuzzedReader() {}

    public static void main(String[] arguments) throws IOException {
        DataInputStream input = new DataInputStream(System.in);
        Timer watchdog = new Timer(true);
        for (int length = nextLength(input); length >= 0; length = nextLength(input)) {
            byte[] content = new byte[length];
            input.readFully(content);
            TimerTask end = ending();
            watchdog.schedule(end, MOST_SECONDS * 1000L);
            System.out.println(kind(arguments[0], content));
            System.out.flush();
            end.cancel();
        }
    }

    /** Returns the length of the next file, -1 where there is none. */
    private static int nextLength(DataInputStream input) throws IOException {
        try {
            return input.readInt();
        } catch (EOFException error) {
            return -1;
        }
    }

    /** Ends a process that hangs, for who waits for it has gone. */
    private static TimerTask ending() {
        return new TimerTask() {
            @Override
            public void run() {
                Runtime.getRuntime().halt(1);
            }
        };
    }

    private static String kind(String reader, byte[] content) {
        try {
            read(reader, content);
            return "read";
        } catch (ModelException error) {
            return "refused";
        } catch (IOException | RuntimeException error) {
            boolean documented = error instanceof IOException && reader.equals("java_zip")
                    || error instanceof IllegalArgumentException && reader.equals("java_json")
                    || reader.equals("java_table") && isOfTable(error);
            return documented ? "refused" : described(error);
        } catch (Error error) {
            return described(error);
        }
    }

    /** What {@link ModelFile} expects of a table. */
    private static boolean isOfTable(Exception error) {
        return error instanceof IndexOutOfBoundsException
                || error instanceof IllegalArgumentException
                || error instanceof ArithmeticException;
    }

    private static void read(String reader, byte[] content) throws ModelException, IOException {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        switch (reader) {
            case "java_model":
                ModelFile.read(buffer);
                break;
            case "java_table":
                walk(FlatTable.root(buffer), 0, new AtomicInteger(MOST_TABLES));
                break;
            case "java_zip":
                for (String name : ARCHIVED) {
                    AppendedZip.read(buffer, name, MOST_BYTES);
                }
                break;
            case "java_json":
                JsonReader.parse(new String(content, StandardCharsets.UTF_8));
                break;
            default:
                throw new AssertionError("unknown reader " + reader);
        }
    }

    /** Reads every field of a table in every way. */
    private static void walk(FlatTable table, int depth, AtomicInteger left) {
        if (left.getAndDecrement() <= 0) {
            return;
        }
        for (int field = 0; field < FIELDS; field++) {
            int each = field;
            attempt(() -> table.integer(each, 0));
            attempt(() -> table.unsignedByte(each, 0));
            attempt(() -> table.text(each));
            attempt(() -> table.floats(each));
            attempt(() -> table.longs(each));
            if (depth < DEEPEST) {
                attempt(() -> walkAll(table.tables(each), depth + 1, left));
            }
        }
    }

    private static void walkAll(List<FlatTable> tables, int depth, AtomicInteger left) {
        for (int index = 0; index < Math.min(tables.size(), MOST_ENTRIES); index++) {
            walk(tables.get(index), depth, left);
        }
    }

    private static void attempt(Runnable reading) {
        try {
            reading.run();
        } catch (RuntimeException error) {
            if (!isOfTable(error)) {
                throw error;
            }
        }
    }

    private static String described(Throwable error) {
        StackTraceElement[] frames = error.getStackTrace();
        for (StackTraceElement frame : frames) {
            if (frame.getClassName().startsWith("org.tflitesuite")) {
                return error.getClass().getSimpleName() + " at " + frame.getFileName() + ":" + frame.getLineNumber();
            }
        }
        return error.getClass().getSimpleName() + " at an unknown place";
    }
}
