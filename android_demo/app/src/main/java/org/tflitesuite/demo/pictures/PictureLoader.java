package org.tflitesuite.demo.pictures;

import android.content.ContentResolver;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.media.ExifInterface;
import android.net.Uri;

import java.io.IOException;
import java.io.InputStream;

import org.tflitesuite.demo.core.Picture;

/** Decodes a picture file: upright, not premultiplied, whole wherever memory allows. */
public final class PictureLoader {
    /** Larger pictures are halved while decoding until they fit; a 16-megapixel photo takes 64 MB. */
    private static final long MOST_PIXELS = 16_000_000;

    private PictureLoader() {}

    /**
     * Loads a picture.
     *
     * @throws IOException if the file cannot be read, or is no picture
     * @throws OutOfMemoryError if even the reduced picture does not fit
     */
    public static Picture load(ContentResolver resolver, Uri uri) throws IOException {
        BitmapFactory.Options options = new BitmapFactory.Options();
        options.inJustDecodeBounds = true;
        decode(resolver, uri, options);
        options.inJustDecodeBounds = false;
        options.inPremultiplied = false;
        options.inSampleSize = 1;
        while ((long) options.outWidth * options.outHeight > MOST_PIXELS * options.inSampleSize * options.inSampleSize) {
            options.inSampleSize *= 2;
        }
        Bitmap bitmap = decode(resolver, uri, options);
        if (bitmap == null) {
            throw new IOException("not a picture");
        }
        int width = bitmap.getWidth();
        int height = bitmap.getHeight();
        int[] argb = new int[width * height];
        bitmap.getPixels(argb, 0, width, 0, 0, width, height);
        bitmap.recycle();
        try {
            Picture stored = new Picture(width, height, argb);
            return turnsItself(options.outMimeType) ? stored : stored.oriented(orientation(resolver, uri));
        } catch (IllegalArgumentException error) {
            throw new IOException(error);
        }
    }

    /** Makes a bitmap for the screen, with sides of at most {@code longest} pixels. */
    public static Bitmap preview(Picture picture, int longest) {
        Bitmap whole = Bitmap.createBitmap(picture.argb(), picture.width, picture.height, Bitmap.Config.ARGB_8888);
        double scale = (double) longest / Math.max(picture.width, picture.height);
        if (scale >= 1) {
            return whole;
        }
        int width = (int) Math.max(1, picture.width * scale);
        int height = (int) Math.max(1, picture.height * scale);
        return Bitmap.createScaledBitmap(whole, width, height, true);
    }

    /** Whether Android's decoder turns pictures of this kind upright already. */
    private static boolean turnsItself(String kind) {
        return "image/heif".equals(kind) || "image/heic".equals(kind) || "image/avif".equals(kind);
    }

    private static Bitmap decode(ContentResolver resolver, Uri uri, BitmapFactory.Options options) throws IOException {
        try (InputStream stream = open(resolver, uri)) {
            return BitmapFactory.decodeStream(stream, null, options);
        }
    }

    private static int orientation(ContentResolver resolver, Uri uri) {
        try (InputStream stream = open(resolver, uri)) {
            return new ExifInterface(stream)
                    .getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_UNDEFINED);
        } catch (IOException | RuntimeException error) {
            // Damaged EXIF says nothing about the pixels, which decoded well.
            return ExifInterface.ORIENTATION_UNDEFINED;
        }
    }

    private static InputStream open(ContentResolver resolver, Uri uri) throws IOException {
        try {
            InputStream stream = resolver.openInputStream(uri);
            if (stream == null) {
                throw new IOException("no such file: " + uri);
            }
            return stream;
        } catch (SecurityException error) {
            // The permission for a document ends when its owner is removed.
            throw new IOException(error);
        }
    }
}
