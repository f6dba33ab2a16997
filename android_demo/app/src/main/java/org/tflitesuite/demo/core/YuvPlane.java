package org.tflitesuite.demo.core;

import java.nio.ByteBuffer;

/** One plane of a camera's YUV 4:2:0 picture, laid out as Android's {@code Image.Plane}. */
public final class YuvPlane {
    private final ByteBuffer bytes;
    private final int rowStride;
    private final int pixelStride;

    public YuvPlane(ByteBuffer bytes, int rowStride, int pixelStride) {
        this.bytes = bytes;
        this.rowStride = rowStride;
        this.pixelStride = pixelStride;
    }

    /** Copies {@code count} values of a row, 0 to 255. The last row of a plane may end before its stride does. */
    void readRow(int row, int count, byte[] scratch, int[] target) {
        ByteBuffer view = bytes.duplicate();
        view.position(row * rowStride);
        int length = (count - 1) * pixelStride + 1;
        view.get(scratch, 0, length);
        for (int index = 0; index < count; index++) {
            target[index] = scratch[index * pixelStride] & 0xFF;
        }
    }

    int scratchBytes(int count) {
        return (count - 1) * pixelStride + 1;
    }
}
