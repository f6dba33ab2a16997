package org.tflitesuite.demo;

import android.content.Context;
import android.util.AttributeSet;
import android.widget.LinearLayout;
import android.widget.TextView;

import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Scores;

/** The three best classes and how long each step took. */
public final class ResultPanel extends LinearLayout {
    private static final int[] ROWS = {R.id.ranked_0, R.id.ranked_1, R.id.ranked_2};

    public ResultPanel(Context context, AttributeSet attributes) {
        super(context, attributes);
        inflate(context, R.layout.result_panel, this);
    }

    /**
     * Shows a result.
     *
     * @param framesPerSecond 0 where no frames are counted
     */
    void show(ModelFile model, Classifier.Result result, double framesPerSecond) {
        for (int rank = 0; rank < ROWS.length; rank++) {
            RankedView row = findViewById(ROWS[rank]);
            if (rank < result.top.size()) {
                Scores.Ranked ranked = result.top.get(rank);
                row.show(model.label(ranked.index), ranked.probability, rank == 0);
            } else {
                row.clear();
            }
        }
        figure(R.id.timing_preprocessing, milliseconds(result.preprocessingNanos));
        figure(R.id.timing_inference, milliseconds(result.inferenceNanos));
        figure(R.id.timing_postprocessing, milliseconds(result.postprocessingNanos));
        figure(
                R.id.timing_frames,
                framesPerSecond > 0
                        ? getContext().getString(R.string.frames_per_second, framesPerSecond)
                        : getContext().getString(R.string.not_measured));
    }

    void clear() {
        for (int row : ROWS) {
            this.<RankedView>findViewById(row).clear();
        }
    }

    private String milliseconds(long nanos) {
        return Figures.milliseconds(getContext(), nanos / 1e6);
    }

    private void figure(int view, String text) {
        this.<TextView>findViewById(view).setText(text);
    }
}
