package org.tflitesuite.demo.views;

import android.content.Context;
import android.util.AttributeSet;
import android.widget.LinearLayout;
import android.widget.TextView;

import org.tflitesuite.demo.R;

/** One class of the ranking: its name, its probability in figures and as a bar. */
public final class RankedView extends LinearLayout {
    private final TextView label;
    private final TextView percent;
    private final BarView bar;

    public RankedView(Context context, AttributeSet attributes) {
        super(context, attributes);
        setOrientation(VERTICAL);
        inflate(context, R.layout.ranked, this);
        label = findViewById(R.id.label);
        percent = findViewById(R.id.percent);
        bar = findViewById(R.id.bar);
        clear();
    }

    public void show(String name, double probability, boolean leads) {
        label.setText(name);
        percent.setText(getContext().getString(R.string.percent, 100 * probability));
        bar.show((float) probability, leads);
        // One thing for a screen reader, not three.
        setContentDescription(getContext().getString(R.string.ranked_description, name, 100 * probability));
        setFocusable(true);
    }

    public void clear() {
        label.setText(R.string.not_measured);
        percent.setText("");
        bar.show(0, false);
        setContentDescription(null);
    }
}
