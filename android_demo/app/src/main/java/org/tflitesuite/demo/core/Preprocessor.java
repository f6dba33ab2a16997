package org.tflitesuite.demo.core;

import java.util.Arrays;

/**
 * Executes a contract: from a decoded picture to the model's raw pixels, bit for bit as the suite's Python side does.
 *
 * <p>Source: docs/preprocessing.md. Only the pixels that survive the centre crop are computed.
 */
public final class Preprocessor {
    private static final int WHITE = 255;

    private final Contract contract;

    public Preprocessor(Contract contract) {
        this.contract = contract;
    }

    /**
     * Makes the input tensor.
     *
     * @return height × width × channels values from 0 to 255, as unsigned bytes
     */
    public byte[] run(Picture picture) {
        int newHeight = scaledHeight(picture);
        int newWidth = scaledWidth(picture);
        TriangleFilter rows = new TriangleFilter(
                picture.height, newHeight, cropOffset(newHeight, contract.height), contract.height);
        TriangleFilter columns = new TriangleFilter(
                picture.width, newWidth, cropOffset(newWidth, contract.width), contract.width);
        byte[] tensor = down(across(picture, rows.begin[0], rows.end(), columns), rows);
        if (contract.stretchesContrast) {
            stretchContrast(tensor);
        }
        return tensor;
    }

    /**
     * The centred part of a picture that the model sees.
     *
     * @return its width and height as shares of the picture's, each in (0, 1]
     */
    public float[] seenPart(Picture picture) {
        return new float[] {
            (float) contract.width / scaledWidth(picture), (float) contract.height / scaledHeight(picture)
        };
    }

    /** Height to which the whole picture is scaled before the crop. */
    int scaledHeight(Picture picture) {
        if (!contract.keepsAspectRatio || isWide(picture)) {
            return contract.resizeHeight;
        }
        return (int) Math.max(contract.resizeHeight, (long) contract.resizeWidth * picture.height / picture.width);
    }

    /** Width to which the whole picture is scaled before the crop. */
    int scaledWidth(Picture picture) {
        if (!contract.keepsAspectRatio || !isWide(picture)) {
            return contract.resizeWidth;
        }
        return (int) Math.max(contract.resizeWidth, (long) contract.resizeHeight * picture.width / picture.height);
    }

    private boolean isWide(Picture picture) {
        return (long) picture.width * contract.resizeHeight >= (long) picture.height * contract.resizeWidth;
    }

    /** Where the centre crop begins: half of the surplus, a half rounded to the even neighbour. */
    static int cropOffset(int size, int crop) {
        int half = (size - crop) / 2;
        int odd = (size - crop) % 2;
        return half + (odd & half);
    }

    /** The horizontal pass over rows {@code begin} to {@code end - 1}: rows × width × channels. */
    private byte[][] across(Picture picture, int begin, int end, TriangleFilter filter) {
        int channels = contract.channels;
        byte[][] result = new byte[end - begin][contract.width * channels];
        int firstColumn = filter.begin[0];
        int[][] line = new int[channels][filter.end() - firstColumn];
        for (int row = begin; row < end; row++) {
            unpack(picture, row, firstColumn, line);
            byte[] target = result[row - begin];
            for (int column = 0; column < contract.width; column++) {
                int[] weights = filter.weights[column];
                int offset = filter.begin[column] - firstColumn;
                for (int channel = 0; channel < channels; channel++) {
                    int[] source = line[channel];
                    int sum = 0;
                    for (int tap = 0; tap < weights.length; tap++) {
                        sum += weights[tap] * source[offset + tap];
                    }
                    target[column * channels + channel] = (byte) TriangleFilter.toPixel(sum);
                }
            }
        }
        return result;
    }

    /** The vertical pass. */
    private byte[] down(byte[][] lines, TriangleFilter filter) {
        int length = contract.width * contract.channels;
        byte[] result = new byte[contract.height * length];
        int[] sums = new int[length];
        for (int row = 0; row < contract.height; row++) {
            Arrays.fill(sums, 0);
            int[] weights = filter.weights[row];
            for (int tap = 0; tap < weights.length; tap++) {
                byte[] line = lines[filter.begin[row] - filter.begin[0] + tap];
                int weight = weights[tap];
                for (int index = 0; index < length; index++) {
                    sums[index] += weight * (line[index] & 0xFF);
                }
            }
            for (int index = 0; index < length; index++) {
                result[row * length + index] = (byte) TriangleFilter.toPixel(sums[index]);
            }
        }
        return result;
    }

    /** Puts a row on white and splits it into the contract's channels. */
    private static void unpack(Picture picture, int row, int firstColumn, int[][] line) {
        int place = row * picture.width + firstColumn;
        for (int column = 0; column < line[0].length; column++) {
            int pixel = picture.argb[place + column];
            int alpha = pixel >>> 24;
            int red = onWhite(pixel >> 16 & 0xFF, alpha);
            int green = onWhite(pixel >> 8 & 0xFF, alpha);
            int blue = onWhite(pixel & 0xFF, alpha);
            if (line.length == 1) {
                line[0][column] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
            } else {
                line[0][column] = red;
                line[1][column] = green;
                line[2][column] = blue;
            }
        }
    }

    private static int onWhite(int colour, int alpha) {
        return alpha == WHITE ? colour : (colour * alpha + WHITE * (WHITE - alpha) + 127) / 255;
    }

    private static void stretchContrast(byte[] tensor) {
        int low = 255;
        int high = 0;
        for (byte value : tensor) {
            low = Math.min(low, value & 0xFF);
            high = Math.max(high, value & 0xFF);
        }
        int span = high - low;
        if (span == 0) {
            return;
        }
        for (int index = 0; index < tensor.length; index++) {
            tensor[index] = (byte) ((((tensor[index] & 0xFF) - low) * 255 + span / 2) / span);
        }
    }
}
