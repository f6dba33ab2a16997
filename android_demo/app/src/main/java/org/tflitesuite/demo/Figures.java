package org.tflitesuite.demo;

import android.content.Context;

/** Times for people: four digits that count, never whole milliseconds only. */
final class Figures {
    private Figures() {}

    static String milliseconds(Context context, double value) {
        int format = value < 10 ? R.string.milliseconds : value < 100 ? R.string.ten_milliseconds : R.string.many_milliseconds;
        return context.getString(format, value);
    }
}
