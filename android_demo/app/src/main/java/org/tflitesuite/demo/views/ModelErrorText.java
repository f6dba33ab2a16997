package org.tflitesuite.demo.views;

import org.tflitesuite.demo.R;
import org.tflitesuite.demo.core.ModelException.Reason;

/** The sentence for each kind of unusable model. */
public final class ModelErrorText {
    private ModelErrorText() {}

    public static int text(Reason reason) {
        switch (reason) {
            case NOT_TFLITE:
                return R.string.reason_not_tflite;
            case DAMAGED:
                return R.string.reason_damaged;
            case NO_CONTRACT:
                return R.string.reason_no_contract;
            case BAD_CONTRACT:
                return R.string.reason_bad_contract;
            case BAD_DECISION:
                return R.string.reason_bad_decision;
            case CONTRADICTION:
                return R.string.reason_contradiction;
            case UNSUPPORTED:
                return R.string.reason_unsupported;
            case UNREADABLE:
                return R.string.reason_unreadable;
            case REFUSED:
                return R.string.reason_refused;
            case CRASHED:
                return R.string.reason_crashed;
            default:
                return R.string.reason_timed_out;
        }
    }
}
