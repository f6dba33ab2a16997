package org.tflitesuite.demo.core;

/** A decoded, upright picture: packed ARGB, not premultiplied, row by row, as Android's bitmaps give it. */
public final class Picture {
    /** The longest side: scaled to the largest contract, a picture so long and one pixel wide stays countable. */
    public static final int LONGEST_SIDE = 500_000;

    public final int width;
    public final int height;
    final int[] argb;

    /**
     * Wraps pixels without copying them.
     *
     * @param argb {@code width * height} values at least
     */
    public Picture(int width, int height, int[] argb) {
        if (width < 1 || height < 1 || Math.max(width, height) > LONGEST_SIDE
                || argb.length < (long) width * height) {
            throw new IllegalArgumentException(argb.length + " pixels for a picture of " + width + "x" + height);
        }
        this.width = width;
        this.height = height;
        this.argb = argb;
    }

    /**
     * Returns the picture turned upright.
     *
     * @param orientation EXIF value 1 to 8; any other leaves the picture as it is
     */
    public Picture oriented(int orientation) {
        boolean transposed = orientation >= 5 && orientation <= 8;
        boolean flipsColumns = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
        boolean flipsRows = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
        if (!transposed && !flipsColumns && !flipsRows) {
            return this;
        }
        int newWidth = transposed ? height : width;
        int newHeight = transposed ? width : height;
        int[] turned = new int[width * height];
        for (int row = 0; row < newHeight; row++) {
            int fromRow = flipsRows ? newHeight - 1 - row : row;
            for (int column = 0; column < newWidth; column++) {
                int fromColumn = flipsColumns ? newWidth - 1 - column : column;
                turned[row * newWidth + column] =
                        transposed ? argb[fromColumn * width + fromRow] : argb[fromRow * width + fromColumn];
            }
        }
        return new Picture(newWidth, newHeight, turned);
    }

    /** The pixels, packed ARGB; not a copy. */
    public int[] argb() {
        return argb;
    }
}
