package org.tflitesuite.demo.models;

import android.content.Context;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import org.tflitesuite.demo.benchmark.BenchmarkRunner;
import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.Engine;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelException.Reason;
import org.tflitesuite.demo.core.ModelFile;

/** The model in use: the bundled one, or a file that was opened, copied and tried before. Inference thread only. */
public final class ModelStore {
    private static final String BUNDLED_ASSET = "model.tflite";
    private static final long MOST_BYTES = 512L << 20;

    private final Context context;
    private final Engine.Factory engines;
    private final ModelSettings settings;
    private ModelFile file;
    private Classifier classifier;

    public ModelStore(Context context, Engine.Factory engines, ModelSettings settings) {
        this.context = context;
        this.engines = engines;
        this.settings = settings;
    }

    public ModelSettings settings() {
        return settings;
    }

    /** Reads the model in use, without opening an engine. */
    public ModelFile file() throws ModelException {
        if (file == null) {
            file = settings.openedName() == null ? readBundled(context) : read(openedFile());
        }
        return file;
    }

    /** Opens the model in use with the settings in force. */
    public Classifier classifier() throws ModelException {
        if (classifier == null) {
            ModelSettings.Choice choice = settings.choice();
            BenchmarkRunner.noteEngineOpened();
            classifier = new Classifier(file(), engines.open(file(), choice.threads, choice.delegate));
        }
        return classifier;
    }

    /** Frees the engine's and the model's memory; both come back when asked for. */
    public void release() {
        if (classifier != null) {
            classifier.close();
        }
        classifier = null;
        file = null;
    }

    public void useBundled() throws ModelException {
        ModelTrial.run(context, null, settings.choice());
        settings.setOpenedName(null);
        release();
    }

    /** Puts other settings in force, if the model in use runs with them. */
    public void choose(ModelSettings.Choice choice) throws ModelException {
        ModelTrial.run(context, settings.openedName() == null ? null : openedFile(), choice);
        settings.setChoice(choice);
        release();
    }

    /**
     * Takes a model file into use. Whatever fails, the former model stays.
     *
     * @param content read to its end, not closed
     * @param name shown to the user
     */
    public void open(InputStream content, String name) throws ModelException {
        File incoming = new File(context.getFilesDir(), "incoming.tflite");
        try {
            copy(content, incoming);
            read(incoming);
            ModelTrial.run(context, incoming, settings.choice());
            if (!incoming.renameTo(openedFile())) {
                throw new ModelException(Reason.UNREADABLE, "cannot rename " + incoming);
            }
            settings.setOpenedName(name);
            release();
        } finally {
            // Gone already if all went well.
            incoming.delete();
        }
    }

    /** Reads and checks a model file; the result maps the file. */
    public static ModelFile read(File path) throws ModelException {
        try (FileInputStream stream = new FileInputStream(path);
                FileChannel channel = stream.getChannel()) {
            if (channel.size() > MOST_BYTES) {
                throw tooLarge();
            }
            return ModelFile.read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        } catch (IOException error) {
            throw new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage()));
        }
    }

    public static ModelFile readBundled(Context context) throws ModelException {
        try (InputStream stream = context.getAssets().open(BUNDLED_ASSET)) {
            ByteBuffer content = ByteBuffer.allocateDirect(stream.available());
            byte[] block = new byte[1 << 16];
            for (int count = stream.read(block); count > 0; count = stream.read(block)) {
                content.put(block, 0, count);
            }
            content.flip();
            return ModelFile.read(content);
        } catch (IOException error) {
            throw new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage()));
        }
    }

    /** Copies a model of at most {@link #MOST_BYTES}. */
    public static void copy(InputStream content, File target) throws ModelException {
        try (OutputStream stream = new FileOutputStream(target)) {
            byte[] block = new byte[1 << 16];
            long done = 0;
            for (int count = content.read(block); count > 0; count = content.read(block)) {
                stream.write(block, 0, count);
                done += count;
                if (done > MOST_BYTES) {
                    throw tooLarge();
                }
            }
        } catch (IOException error) {
            throw new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage()));
        }
    }

    private static ModelException tooLarge() {
        return new ModelException(Reason.UNREADABLE, "more than " + (MOST_BYTES >> 20) + " MiB");
    }

    private File openedFile() {
        return new File(context.getFilesDir(), "opened.tflite");
    }
}
