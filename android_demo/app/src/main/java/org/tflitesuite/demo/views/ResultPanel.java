package org.tflitesuite.demo.views;

import android.content.Context;
import android.text.TextUtils;
import android.util.AttributeSet;
import android.widget.LinearLayout;
import android.widget.TextView;

import java.util.ArrayList;
import java.util.List;

import org.tflitesuite.demo.R;
import org.tflitesuite.demo.core.Classifier;
import org.tflitesuite.demo.core.ModelFile;
import org.tflitesuite.demo.core.Scores;

/** The answer, the three best classes and how long each step took. */
public final class ResultPanel extends LinearLayout {
    private static final int[] ROWS = {R.id.ranked_0, R.id.ranked_1, R.id.ranked_2};

    public ResultPanel(Context context, AttributeSet attributes) {
        super(context, attributes);
        inflate(context, R.layout.result_panel, this);
    }

    /**
     * Shows a result.
     *
     * @param answered the classes answered, by index; none of these where it is empty
     * @param framesPerSecond 0 where no frames are counted
     */
    public void show(ModelFile model, Classifier.Result result, List<Integer> answered, double framesPerSecond) {
        this.<TextView>findViewById(R.id.answer).setText(answer(model, answered));
        for (int rank = 0; rank < ROWS.length; rank++) {
            RankedView row = findViewById(ROWS[rank]);
            if (rank < result.top.size()) {
                Scores.Ranked ranked = result.top.get(rank);
                row.show(model.label(ranked.index), ranked.probability, answered.contains(ranked.index));
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

    private String answer(ModelFile model, List<Integer> answered) {
        List<String> names = new ArrayList<>();
        for (int index : answered) {
            names.add(model.label(index));
        }
        return names.isEmpty() ? getContext().getString(R.string.none_of_these) : TextUtils.join(", ", names);
    }

    public void clear() {
        this.<TextView>findViewById(R.id.answer).setText(R.string.not_measured);
        for (int row : ROWS) {
            this.<RankedView>findViewById(row).clear();
        }
    }

    private String milliseconds(long nanos) {
        return TimeFormat.milliseconds(getContext(), nanos / 1e6);
    }

    private void figure(int view, String text) {
        this.<TextView>findViewById(view).setText(text);
    }
}
