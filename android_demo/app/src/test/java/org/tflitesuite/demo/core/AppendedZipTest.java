package org.tflitesuite.demo.core;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.Test;

public final class AppendedZipTest {
    private static final byte[] TEXT = "one\ntwo\ntwo\ntwo\ntwo\ntwo\n".getBytes(StandardCharsets.UTF_8);

    @Test
    public void readsStoredAndDeflatedFiles() throws IOException {
        for (int method : new int[] {ZipEntry.STORED, ZipEntry.DEFLATED}) {
            ByteBuffer file = ByteBuffer.wrap(archive(method));
            assertArrayEquals(TEXT, AppendedZip.read(file, "labels.txt", 1000));
            assertNull(AppendedZip.read(file, "other.txt", 1000));
        }
    }

    @Test
    public void aBombIsRefused() throws IOException {
        ByteBuffer file = ByteBuffer.wrap(archive(ZipEntry.DEFLATED));
        assertThrows(IOException.class, () -> AppendedZip.read(file, "labels.txt", TEXT.length - 1));
    }

    @Test
    public void withoutAnArchiveThereIsNothing() throws IOException {
        assertNull(AppendedZip.read(ByteBuffer.wrap(new byte[5]), "labels.txt", 10));
        assertNull(AppendedZip.read(ByteBuffer.wrap(new byte[500]), "labels.txt", 10));
    }

    private static byte[] archive(int method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ZipOutputStream zip = new ZipOutputStream(bytes);
        ZipEntry entry = new ZipEntry("labels.txt");
        entry.setMethod(method);
        CRC32 check = new CRC32();
        check.update(TEXT);
        entry.setCrc(check.getValue());
        entry.setSize(TEXT.length);
        zip.putNextEntry(entry);
        zip.write(TEXT);
        zip.close();
        return bytes.toByteArray();
    }
}
