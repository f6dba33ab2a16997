package org.tflitesuite.demo.core;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;

import javax.imageio.ImageIO;

/** The repository's files that the tests read. */
public final class TestFiles {
    private TestFiles() {}

    public static Path repository() {
        // Gradle runs unit tests in the module's folder, Maven passes the property.
        return Paths.get(System.getProperty("repository", "../.."));
    }

    public static Path golden() {
        return repository().resolve("tests/golden");
    }

    public static byte[] bundledModel() throws IOException {
        return Files.readAllBytes(repository().resolve("android_demo/app/src/main/assets/model.tflite"));
    }

    public static ByteBuffer direct(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder());
        buffer.put(bytes);
        buffer.flip();
        return buffer;
    }

    /** The cases of an index file, as `tools/make_golden_images.py` writes it. */
    public static List<Map<?, ?>> cases(Path index) throws IOException {
        Map<?, ?> root = (Map<?, ?>) JsonReader.parse(new String(Files.readAllBytes(index), "UTF-8"));
        @SuppressWarnings("unchecked")
        List<Map<?, ?>> cases = (List<Map<?, ?>>) root.get("cases");
        return cases;
    }

    /** Wraps raw grey or RGB bytes. */
    public static Picture picture(byte[] pixels, int height, int width) {
        int channels = pixels.length / (height * width);
        int[] argb = new int[height * width];
        for (int index = 0; index < argb.length; index++) {
            int red = pixels[index * channels] & 0xFF;
            int green = pixels[index * channels + (channels == 1 ? 0 : 1)] & 0xFF;
            int blue = pixels[index * channels + (channels == 1 ? 0 : 2)] & 0xFF;
            argb[index] = 0xFF << 24 | red << 16 | green << 8 | blue;
        }
        return new Picture(width, height, argb);
    }

    /** Decodes a PNG file of eight bits a colour. */
    public static Picture picture(Path png) throws IOException {
        BufferedImage image = ImageIO.read(png.toFile());
        int width = image.getWidth();
        int height = image.getHeight();
        return new Picture(width, height, image.getRGB(0, 0, width, height, null, 0, width));
    }
}
