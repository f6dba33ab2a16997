package org.tflitesuite.demo.views;

import android.content.Context;

import org.tflitesuite.demo.R;

/** Times for people: four digits that count, never whole milliseconds only. */
public final class TimeFormat {
    private TimeFormat() {}

    public static String milliseconds(Context context, double value) {
        int format = value < 10 ? R.string.milliseconds : value < 100 ? R.string.ten_milliseconds : R.string.many_milliseconds;
        return context.getString(format, value);
    }
}
