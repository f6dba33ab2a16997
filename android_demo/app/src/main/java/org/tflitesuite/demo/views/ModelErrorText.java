package org.tflitesuite.demo.views;

import java.util.EnumMap;
import java.util.Map;

import org.tflitesuite.demo.R;
import org.tflitesuite.demo.core.ModelException.Reason;

/** The sentence for each kind of unusable model. */
public final class ModelErrorText {
    private static final Map<Reason, Integer> TEXTS = new EnumMap<>(Reason.class);

    static {
        TEXTS.put(Reason.NOT_TFLITE, R.string.reason_not_tflite);
        TEXTS.put(Reason.DAMAGED, R.string.reason_damaged);
        TEXTS.put(Reason.NO_CONTRACT, R.string.reason_no_contract);
        TEXTS.put(Reason.BAD_CONTRACT, R.string.reason_bad_contract);
        TEXTS.put(Reason.BAD_DECISION, R.string.reason_bad_decision);
        TEXTS.put(Reason.CONTRADICTION, R.string.reason_contradiction);
        TEXTS.put(Reason.UNSUPPORTED, R.string.reason_unsupported);
        TEXTS.put(Reason.UNREADABLE, R.string.reason_unreadable);
        TEXTS.put(Reason.REFUSED, R.string.reason_refused);
        TEXTS.put(Reason.CRASHED, R.string.reason_crashed);
        TEXTS.put(Reason.TIMED_OUT, R.string.reason_timed_out);
    }

    private ModelErrorText() {}

    public static int text(Reason reason) {
        return TEXTS.get(reason);
    }
}
