package org.tflitesuite.demo.views;

import android.content.Context;
import android.text.format.Formatter;
import android.view.LayoutInflater;
import android.view.View;
import android.view.ViewGroup;
import android.widget.TextView;

import org.tflitesuite.demo.R;

/** A table of names and values. */
public final class PropertyTable {
    private final ViewGroup table;

    public PropertyTable(ViewGroup table) {
        this.table = table;
    }

    public void clear() {
        table.removeAllViews();
    }

    /** Adds a row; a null value is unknown and gets none. */
    public void add(int name, String value) {
        if (value == null) {
            return;
        }
        View row = LayoutInflater.from(table.getContext()).inflate(R.layout.row, table, false);
        row.<TextView>findViewById(R.id.row_name).setText(name);
        row.<TextView>findViewById(R.id.row_value).setText(value);
        table.addView(row);
    }

    public void addBytes(int name, Long bytes) {
        Context context = table.getContext();
        add(name, bytes == null ? null : Formatter.formatShortFileSize(context, bytes));
    }
}
