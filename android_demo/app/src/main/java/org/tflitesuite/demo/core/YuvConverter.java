package org.tflitesuite.demo.core;

/**
 * Turns a camera's YUV 4:2:0 picture into upright RGB.
 *
 * <p>Source: JFIF 1.02, "RGB and YCbCr": full range, BT.601, as Android states for {@code YUV_420_888}. Coefficients
 * are rounded to 16 bits.
 */
public final class YuvConverter {
    private static final int HALF = 1 << 15;
    private static final int RED_V = 91881;
    private static final int GREEN_U = 22554;
    private static final int GREEN_V = 46802;
    private static final int BLUE_U = 116130;

    private int[] argb = new int[0];

    /**
     * Converts one picture; the result is overwritten by the next call.
     *
     * @param width of the luminance plane, in pixels
     * @param height of the luminance plane, in pixels
     * @param rotation clockwise turn that makes the picture upright: 0, 90, 180 or 270 degrees
     */
    public Picture convert(YuvPlane y, YuvPlane u, YuvPlane v, int width, int height, int rotation) {
        if (argb.length != width * height) {
            argb = new int[width * height];
        }
        boolean sideways = rotation == 90 || rotation == 270;
        int outWidth = sideways ? height : width;
        int outHeight = sideways ? width : height;
        int columnStep = rotation == 0 ? 1 : rotation == 90 ? height : rotation == 180 ? -1 : -height;
        int rowStep = rotation == 0 ? width : rotation == 90 ? -1 : rotation == 180 ? -width : 1;
        int origin = rotation == 0 ? 0
                : rotation == 90 ? height - 1 : rotation == 180 ? width * height - 1 : (width - 1) * height;
        int half = (width + 1) / 2;
        int[] luminance = new int[width];
        int[] blueness = new int[half];
        int[] redness = new int[half];
        byte[] scratch = new byte[Math.max(y.scratchBytes(width), Math.max(u.scratchBytes(half), v.scratchBytes(half)))];
        for (int row = 0; row < height; row++) {
            y.readRow(row, width, scratch, luminance);
            if (row % 2 == 0) {
                u.readRow(row / 2, half, scratch, blueness);
                v.readRow(row / 2, half, scratch, redness);
            }
            int place = origin + row * rowStep;
            for (int column = 0; column < width; column++, place += columnStep) {
                argb[place] = pixel(luminance[column], blueness[column / 2] - 128, redness[column / 2] - 128);
            }
        }
        return new Picture(outWidth, outHeight, argb);
    }

    private static int pixel(int y, int u, int v) {
        int red = clip(y + (RED_V * v + HALF >> 16));
        int green = clip(y - (GREEN_U * u + GREEN_V * v + HALF >> 16));
        int blue = clip(y + (BLUE_U * u + HALF >> 16));
        return 0xFF << 24 | red << 16 | green << 8 | blue;
    }

    private static int clip(int value) {
        return value < 0 ? 0 : Math.min(value, 255);
    }
}
