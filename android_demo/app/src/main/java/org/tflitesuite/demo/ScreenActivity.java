package org.tflitesuite.demo;

import android.app.Activity;
import android.content.Intent;
import android.graphics.Insets;
import android.os.Build;
import android.os.Bundle;
import android.text.format.Formatter;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowInsets;
import android.view.WindowInsetsController;
import android.widget.TextView;

import org.tflitesuite.demo.core.ModelException;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.models.ModelSettings;
import org.tflitesuite.demo.views.ModelErrorText;

/** What all screens share: the header with the model in use, the tabs, and the margins that the system asks for. */
abstract class ScreenActivity extends Activity {
    private static final int[] TABS = {R.id.tab_camera, R.id.tab_picture, R.id.tab_benchmark, R.id.tab_model};
    private static final Class<?>[] SCREENS = {
        CameraActivity.class, PictureActivity.class, BenchmarkActivity.class, ModelActivity.class
    };

    private final int title;
    private final int layout;

    ScreenActivity(int title, int layout) {
        this.title = title;
        this.layout = layout;
    }

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.screen);
        darkenNavigation();
        getLayoutInflater().inflate(layout, findViewById(R.id.content), true);
        this.<TextView>findViewById(R.id.title).setText(title);
        findViewById(R.id.screen).setOnApplyWindowInsetsListener((view, insets) -> {
            pad(view, insets);
            return insets;
        });
        for (int tab = 0; tab < TABS.length; tab++) {
            Class<?> screen = SCREENS[tab];
            View button = findViewById(TABS[tab]);
            button.setSelected(screen == getClass());
            button.setOnClickListener(view -> show(screen));
        }
    }

    @Override
    protected void onResume() {
        super.onResume();
        describeModel();
    }

    /** Shows the model in use in the header, and tells {@link #onModel} or {@link #onNoModel}. */
    protected final void describeModel() {
        this.<TextView>findViewById(R.id.model_line).setText(R.string.loading_model);
        DemoApplication app = DemoApplication.of(this);
        app.inference(() -> {
            ModelSettings.Choice choice = app.models().settings().choice();
            String name = app.models().settings().openedName();
            try {
                ModelFile file = app.models().file();
                app.main(() -> {
                    if (!isDestroyed()) {
                        this.<TextView>findViewById(R.id.model_line).setText(line(file, name, choice));
                        onModel(file, name, choice);
                    }
                });
            } catch (ModelException error) {
                app.main(() -> {
                    if (!isDestroyed()) {
                        this.<TextView>findViewById(R.id.model_line).setText(ModelErrorText.text(error.reason()));
                        onNoModel(error);
                    }
                });
            }
        });
    }

    /** Called when the model in use was read; {@code openedName} is null for the bundled one. */
    protected void onModel(ModelFile file, String openedName, ModelSettings.Choice choice) {}

    /** Called when the model in use could not be read. */
    protected void onNoModel(ModelException error) {}

    private String line(ModelFile file, String openedName, ModelSettings.Choice choice) {
        String threads = getResources().getQuantityString(R.plurals.threads, choice.threads, choice.threads);
        return getString(
                R.string.model_line,
                title(file, openedName),
                Formatter.formatShortFileSize(this, file.content.limit()),
                choice.delegate.title + ", " + threads);
    }

    /** The model's own name, else its file's. */
    protected final String title(ModelFile file, String openedName) {
        if (!file.name.isEmpty()) {
            return file.name;
        }
        return openedName == null ? getString(R.string.bundled_model) : openedName;
    }

    /** Dark buttons on a light navigation bar; themes can say so from Android 8.1 on only. */
    @SuppressWarnings("deprecation")
    private void darkenNavigation() {
        if (!getResources().getBoolean(R.bool.light)) {
            return;
        }
        View window = getWindow().getDecorView();
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            int light = WindowInsetsController.APPEARANCE_LIGHT_NAVIGATION_BARS
                    | WindowInsetsController.APPEARANCE_LIGHT_STATUS_BARS;
            window.getWindowInsetsController().setSystemBarsAppearance(light, light);
        } else {
            window.setSystemUiVisibility(window.getSystemUiVisibility() | View.SYSTEM_UI_FLAG_LIGHT_NAVIGATION_BAR);
        }
    }

    private void show(Class<?> screen) {
        if (screen != getClass()) {
            startActivity(new Intent(this, screen).addFlags(Intent.FLAG_ACTIVITY_REORDER_TO_FRONT));
        }
    }

    @SuppressWarnings("deprecation")
    private static void pad(View view, WindowInsets insets) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            Insets bars = insets.getInsets(WindowInsets.Type.systemBars() | WindowInsets.Type.displayCutout());
            view.setPadding(bars.left, bars.top, bars.right, 0);
            padTabs(view, bars.bottom);
        } else {
            view.setPadding(insets.getSystemWindowInsetLeft(), insets.getSystemWindowInsetTop(),
                    insets.getSystemWindowInsetRight(), 0);
            padTabs(view, insets.getSystemWindowInsetBottom());
        }
    }

    /** The tabs' surface goes on below the navigation bar. */
    private static void padTabs(View view, int bottom) {
        boolean wide = view.getResources().getBoolean(R.bool.wide);
        ViewGroup tabs = view.findViewById(R.id.tabs);
        tabs.setPadding(0, 0, 0, bottom);
        if (wide) {
            View content = view.findViewById(R.id.content);
            content.setPadding(0, 0, 0, bottom);
        }
    }
}
