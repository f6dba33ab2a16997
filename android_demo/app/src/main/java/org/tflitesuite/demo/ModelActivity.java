package org.tflitesuite.demo;

import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.database.Cursor;
import android.net.Uri;
import android.os.Bundle;
import android.provider.OpenableColumns;
import android.view.View;
import android.widget.RadioGroup;
import android.widget.TextView;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

import org.tflitesuite.demo.core.Contract;
import org.tflitesuite.demo.core.Delegate;
import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelException.Reason;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.models.ModelStore;
import org.tflitesuite.demo.views.ChoiceButtons;
import org.tflitesuite.demo.views.ModelErrorText;
import org.tflitesuite.demo.views.PropertyTable;

/** Shows the model in use, opens another, and chooses what runs it. */
public final class ModelActivity extends ScreenActivity {
    private static final int OPEN = 1;
    private static final int[] THREADS = {1, 2, 4, 8};
    private static final int LABELS_SHOWN = 12;
    private static final String LABEL_SEPARATOR = ", ";

    /** Something that changes the model in use; on the inference thread. */
    private interface Change {
        void make(ModelStore models) throws ModelException;
    }

    private RadioGroup threads;
    private RadioGroup delegates;
    private boolean filling;

    public ModelActivity() {
        super(R.string.tab_model, R.layout.model);
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        threads = findViewById(R.id.threads);
        delegates = findViewById(R.id.delegates);
        int cores = Runtime.getRuntime().availableProcessors();
        for (int count : THREADS) {
            if (count == 1 || count <= cores) {
                ChoiceButtons.add(threads, Integer.toString(count), count, true);
            }
        }
        for (Delegate delegate : Delegate.values()) {
            ChoiceButtons.add(delegates, nameOf(delegate), idOf(delegate), delegate != Delegate.GPU);
        }
        enableGpuIfPresent();
        threads.setOnCheckedChangeListener((group, id) -> choose());
        delegates.setOnCheckedChangeListener((group, id) -> choose());
        findViewById(R.id.open).setOnClickListener(view -> pick());
        findViewById(R.id.bundled).setOnClickListener(view -> change(ModelStore::useBundled));
    }

    /** Loading the GPU library takes time, so the answer comes later. */
    private void enableGpuIfPresent() {
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> {
            boolean present = app.engines().has(Delegate.GPU);
            app.main(() -> delegates.findViewById(idOf(Delegate.GPU)).setEnabled(present));
        });
    }

    /** Android 15 gave up NNAPI; it stays for older phones. */
    private String nameOf(Delegate delegate) {
        return delegate == Delegate.NNAPI ? getString(R.string.model_legacy, delegate.title) : delegate.title;
    }

    private static int idOf(Delegate delegate) {
        return 1 + delegate.ordinal();
    }

    @Override
    protected void onModel(ModelFile file, String openedName, ModelSettings.Choice choice) {
        filling = true;
        threads.check(choice.threads);
        delegates.check(idOf(choice.delegate));
        filling = false;
        this.<TextView>findViewById(R.id.name).setText(title(file, openedName));
        TextView description = findViewById(R.id.description);
        description.setText(file.description);
        description.setVisibility(file.description.isEmpty() ? View.GONE : View.VISIBLE);
        findViewById(R.id.bundled).setVisibility(openedName == null ? View.GONE : View.VISIBLE);
        PropertyTable rows = new PropertyTable(findViewById(R.id.rows));
        rows.clear();
        rows.addBytes(R.string.model_size, (long) file.content.limit());
        rows.add(R.string.model_input, file.input.toString());
        rows.add(R.string.model_output, file.output.toString());
        rows.add(R.string.model_preparation, preparation(file.contract));
        rows.add(R.string.model_classes, classes(file));
    }

    @Override
    protected void onNoModel(ModelException error) {
        showProblem(error, false);
        findViewById(R.id.bundled).setVisibility(View.VISIBLE);
    }

    private String preparation(Contract contract) {
        int sentence = contract.keepsAspectRatio ? R.string.model_fit_crop : R.string.model_fit_stretch;
        String text = getString(
                sentence, contract.resizeWidth, contract.resizeHeight, contract.width, contract.height);
        return contract.stretchesContrast ? text + getString(R.string.model_contrast) : text;
    }

    private String classes(ModelFile file) {
        int shown = Math.min(LABELS_SHOWN, file.contract.labels.size());
        String names = String.join(LABEL_SEPARATOR, file.contract.labels.subList(0, shown));
        String more = shown < file.classes() ? "…" : "";
        return getString(R.string.model_classes_value, file.classes(), names + more);
    }

    private void choose() {
        if (filling || threads.getCheckedRadioButtonId() < 1 || delegates.getCheckedRadioButtonId() < 1) {
            return;
        }
        Delegate delegate = Delegate.values()[delegates.getCheckedRadioButtonId() - 1];
        ModelSettings.Choice choice = new ModelSettings.Choice(threads.getCheckedRadioButtonId(), delegate);
        change(models -> models.choose(choice));
    }

    private void pick() {
        // Providers know no type for .tflite, so every file is offered.
        Intent intent = new Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE).setType("*/*");
        try {
            startActivityForResult(intent, OPEN);
        } catch (ActivityNotFoundException error) {
            showProblem(new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage())), true);
        }
    }

    @Override
    protected void onActivityResult(int request, int outcome, Intent data) {
        super.onActivityResult(request, outcome, data);
        if (request == OPEN && outcome == RESULT_OK && data != null && data.getData() != null) {
            Uri uri = data.getData();
            change(models -> open(models, uri));
        }
    }

    private void open(ModelStore models, Uri uri) throws ModelException {
        try (InputStream content = getContentResolver().openInputStream(uri)) {
            if (content == null) {
                throw new FileNotFoundException(uri.toString());
            }
            models.open(content, displayName(uri));
        } catch (IOException | SecurityException error) {
            throw new ModelException(Reason.UNREADABLE, String.valueOf(error.getMessage()));
        }
    }

    private String displayName(Uri uri) {
        String[] columns = {OpenableColumns.DISPLAY_NAME};
        try (Cursor cursor = getContentResolver().query(uri, columns, null, null, null)) {
            if (cursor != null && cursor.moveToFirst() && cursor.getString(0) != null) {
                return cursor.getString(0);
            }
        } catch (RuntimeException error) {
            // A provider without names is no reason to refuse its file.
            return uri.getLastPathSegment();
        }
        return uri.getLastPathSegment();
    }

    private void change(Change change) {
        findViewById(R.id.progress).setVisibility(View.VISIBLE);
        findViewById(R.id.problem).setVisibility(View.GONE);
        this.<TextView>findViewById(R.id.model_line).setText(R.string.model_checking);
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> {
            ModelException problem = null;
            try {
                change.make(app.models());
            } catch (ModelException error) {
                problem = error;
            }
            ModelException result = problem;
            app.main(() -> {
                findViewById(R.id.progress).setVisibility(View.GONE);
                if (result != null) {
                    showProblem(result, true);
                }
                describeModel();
            });
        });
    }

    private void showProblem(ModelException error, boolean kept) {
        findViewById(R.id.problem).setVisibility(View.VISIBLE);
        String sentence = getString(ModelErrorText.text(error.reason()));
        this.<TextView>findViewById(R.id.problem_text)
                .setText(kept ? sentence + "\n" + getString(R.string.model_kept) : sentence);
        this.<TextView>findViewById(R.id.problem_detail).setText(error.getMessage());
    }
}
