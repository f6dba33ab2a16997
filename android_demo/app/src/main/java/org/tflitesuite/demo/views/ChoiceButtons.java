package org.tflitesuite.demo.views;

import android.content.Context;
import android.view.Gravity;
import android.widget.RadioButton;
import android.widget.RadioGroup;

import org.tflitesuite.demo.R;

/** Pills of which one is chosen. */
public final class ChoiceButtons {
    private ChoiceButtons() {}

    /** Adds a pill; {@code id} is what the group reports when it is chosen. */
    public static void add(RadioGroup group, String text, int id, boolean enabled) {
        Context context = group.getContext();
        RadioButton button = new RadioButton(context);
        int touch = context.getResources().getDimensionPixelSize(R.dimen.touch);
        int gap = context.getResources().getDimensionPixelSize(R.dimen.half_gap);
        button.setId(id);
        button.setText(text);
        button.setEnabled(enabled);
        button.setButtonDrawable(null);
        button.setBackgroundResource(R.drawable.choice);
        button.setTextColor(context.getColorStateList(R.color.choice_text));
        button.setGravity(Gravity.CENTER);
        button.setPadding(2 * gap, 0, 2 * gap, 0);
        RadioGroup.LayoutParams layout = new RadioGroup.LayoutParams(RadioGroup.LayoutParams.WRAP_CONTENT, touch);
        layout.setMarginEnd(gap);
        layout.topMargin = gap / 2;
        button.setMinWidth(touch);
        group.addView(button, layout);
    }
}
