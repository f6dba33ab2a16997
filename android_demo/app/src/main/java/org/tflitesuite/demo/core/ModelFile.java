package org.tflitesuite.demo.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

import org.tflitesuite.demo.core.ModelException.Reason;

/**
 * What a {@code .tflite} file says about itself: tensors, metadata and the preprocessing contract. The file may be
 * hostile; no native code sees it before it was read here.
 *
 * <p>Source: {@code schema.fbs} of TensorFlow Lite, {@code metadata_schema.fbs} of TensorFlow Lite Support.
 */
public final class ModelFile {
    private static final String FILE_IDENTIFIER = "TFL3";
    private static final String METADATA_IDENTIFIER = "M001";
    private static final String METADATA_BUFFER = "TFLITE_METADATA";
    private static final String LABELS_FILE_NAME = "labels.txt";
    private static final int MOST_ASSOCIATED_BYTES = 8 << 20;
    private static final int MOST_TENSOR_ELEMENTS = 1 << 26;
    private static final int BATCH = 1;

    /** The whole file, direct or mapped where it came so. */
    public final ByteBuffer content;
    /** The model's name in its metadata; may be empty. */
    public final String name;
    /** A sentence about the model; may be empty. */
    public final String description;
    public final TensorSpec input;
    public final TensorSpec output;
    public final Contract contract;
    /** What the scores mean, and which answer they give. */
    public final Decision decision;

    private ModelFile(ByteBuffer content) throws ModelException, IOException {
        this.content = content.slice().order(ByteOrder.nativeOrder());
        FlatTable model = FlatTable.root(content);
        List<FlatTable> graphs = model.tables(2);
        if (graphs.isEmpty()) {
            throw new ModelException(Reason.DAMAGED, "the model has no graph");
        }
        input = tensor(graphs.get(0), 1, "input");
        output = tensor(graphs.get(0), 2, "output");
        FlatTable metadata = metadata(model);
        byte[] json = AppendedZip.read(content, Contract.FILE_NAME, MOST_ASSOCIATED_BYTES);
        if (metadata == null || json == null) {
            throw new ModelException(Reason.NO_CONTRACT, input + " → " + output);
        }
        name = metadata.text(0);
        description = metadata.text(1);
        decision = decision(AppendedZip.read(content, Decision.FILE_NAME, MOST_ASSOCIATED_BYTES), metadata);
        contract = Contract.parse(new String(json, StandardCharsets.UTF_8));
        checkFit();
        checkLabels(AppendedZip.read(content, LABELS_FILE_NAME, MOST_ASSOCIATED_BYTES));
    }

    /**
     * Reads a model file.
     *
     * @param content the whole file
     * @throws ModelException if it is no model that this app can run
     */
    public static ModelFile read(ByteBuffer content) throws ModelException {
        if (!FlatTable.hasIdentifier(content, FILE_IDENTIFIER)) {
            throw new ModelException(Reason.NOT_TFLITE, content.remaining() + " bytes without the mark " + FILE_IDENTIFIER);
        }
        try {
            return new ModelFile(content);
        } catch (IndexOutOfBoundsException
                | NoSuchElementException // what a list's iterator makes of the former
                | ArithmeticException
                | IllegalArgumentException
                | IOException error) {
            throw new ModelException(Reason.DAMAGED, String.valueOf(error.getMessage()));
        }
    }

    /** Number of classes. */
    public int classes() {
        return output.elements();
    }

    /** Returns a class's name; its number where the model has no names. */
    public String label(int index) {
        return contract.labels.isEmpty() ? "#" + index : contract.labels.get(index);
    }

    private static TensorSpec tensor(FlatTable graph, int listField, String role) throws ModelException {
        int[] indices = graph.integers(listField);
        if (indices.length != 1) {
            throw new ModelException(Reason.UNSUPPORTED, "the model has " + indices.length + " " + role + " tensors");
        }
        FlatTable tensor = graph.tables(0).get(indices[0]);
        int code = tensor.unsignedByte(1, 0);
        TensorSpec.Type type = TensorSpec.Type.of(code);
        int[] shape = tensor.integers(0);
        if (type == null) {
            throw new ModelException(Reason.UNSUPPORTED, role + " tensor of type " + code);
        }
        long elements = 1;
        for (int side : shape) {
            elements = side < 1 ? -1 : elements * side;
            if (elements < 1 || elements > MOST_TENSOR_ELEMENTS) {
                throw new ModelException(Reason.UNSUPPORTED, role + " tensor of shape " + Arrays.toString(shape));
            }
        }
        return withQuantization(tensor, type, shape, role);
    }

    private static TensorSpec withQuantization(FlatTable tensor, TensorSpec.Type type, int[] shape, String role)
            throws ModelException {
        String name = tensor.text(3);
        if (type == TensorSpec.Type.FLOAT32) {
            return new TensorSpec(name, type, shape, 1, 0);
        }
        FlatTable quantization = tensor.table(4);
        float[] scales = quantization == null ? new float[0] : quantization.floats(2);
        long[] zeroPoints = quantization == null ? new long[0] : quantization.longs(3);
        boolean sound = scales.length == 1 && zeroPoints.length <= 1 && scales[0] > 0 && !Float.isInfinite(scales[0]);
        long zeroPoint = zeroPoints.length == 1 ? zeroPoints[0] : 0;
        if (!sound || zeroPoint < -128 || zeroPoint > 255) {
            throw new ModelException(Reason.UNSUPPORTED, role + " tensor " + name + " without one scale and zero point");
        }
        return new TensorSpec(name, type, shape, scales[0], (int) zeroPoint);
    }

    private static FlatTable metadata(FlatTable model) {
        for (FlatTable entry : model.tables(6)) {
            if (METADATA_BUFFER.equals(entry.text(0))) {
                ByteBuffer block = model.tables(4).get(entry.integer(1, 0)).bytes(0);
                return block != null && FlatTable.hasIdentifier(block, METADATA_IDENTIFIER) ? FlatTable.root(block) : null;
            }
        }
        return null;
    }

    private static String outputName(FlatTable metadata) {
        List<FlatTable> graphs = metadata.tables(3);
        List<FlatTable> outputs = graphs.isEmpty() ? graphs : graphs.get(0).tables(3);
        return outputs.isEmpty() ? "" : outputs.get(0).text(0);
    }

    private static Decision decision(byte[] json, FlatTable metadata) throws ModelException {
        boolean probabilities = "probability".equals(outputName(metadata));
        if (json == null) {
            return Decision.plain(probabilities);
        }
        Decision decision = Decision.parse(new String(json, StandardCharsets.UTF_8));
        if (decision.takesProbabilities() != probabilities) {
            throw new ModelException(Reason.CONTRADICTION, "the decision takes other scores than the model gives");
        }
        return decision;
    }

    private void checkFit() throws ModelException {
        int[] expected = {BATCH, contract.height, contract.width, contract.channels};
        if (!Arrays.equals(input.shape(), expected)) {
            throw new ModelException(Reason.CONTRADICTION, "input " + input + ", contract " + Arrays.toString(expected));
        }
        int[] shape = output.shape();
        if (shape.length != 2 || shape[0] != BATCH) {
            throw new ModelException(Reason.UNSUPPORTED, "output " + output + " is not one row of scores");
        }
        if (!decision.fits(shape[1])) {
            throw new ModelException(Reason.CONTRADICTION, "the decision has not one threshold a class");
        }
        if (!contract.labels.isEmpty() && contract.labels.size() != shape[1]) {
            throw new ModelException(
                    Reason.CONTRADICTION, contract.labels.size() + " labels for " + shape[1] + " scores");
        }
    }

    private void checkLabels(byte[] labelsFile) throws ModelException {
        if (labelsFile == null) {
            return;
        }
        String text = new String(labelsFile, StandardCharsets.UTF_8);
        String[] lines = text.isEmpty() ? new String[0] : text.split("\n", -1);
        int count = lines.length > 0 && lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
        if (!Arrays.asList(lines).subList(0, count).equals(contract.labels)) {
            throw new ModelException(Reason.CONTRADICTION, LABELS_FILE_NAME + " and " + Contract.FILE_NAME + " differ");
        }
    }
}
