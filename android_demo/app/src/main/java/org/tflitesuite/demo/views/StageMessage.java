package org.tflitesuite.demo.views;

import android.app.Activity;
import android.view.View;
import android.widget.Button;
import android.widget.TextView;

import org.tflitesuite.demo.R;

/** The message that stands where a picture would be, with at most one thing to do about it. */
public final class StageMessage {
    private final View view;
    private final TextView text;
    private final Button button;

    public StageMessage(Activity activity) {
        // Rounds the corners of whatever picture lies below; the XML attribute exists from Android 12 on only.
        activity.findViewById(R.id.stage).setClipToOutline(true);
        view = activity.findViewById(R.id.notice);
        text = activity.findViewById(R.id.notice_text);
        button = activity.findViewById(R.id.notice_button);
    }

    /** Shows a message; {@code buttonText} is 0 where nothing can be done. */
    public void show(CharSequence message, int buttonText, Runnable action) {
        text.setText(message);
        view.setVisibility(View.VISIBLE);
        button.setVisibility(buttonText == 0 ? View.GONE : View.VISIBLE);
        if (buttonText != 0) {
            button.setText(buttonText);
            button.setOnClickListener(pressed -> action.run());
        }
    }

    public void show(CharSequence message) {
        show(message, 0, null);
    }

    public void hide() {
        view.setVisibility(View.GONE);
    }
}
