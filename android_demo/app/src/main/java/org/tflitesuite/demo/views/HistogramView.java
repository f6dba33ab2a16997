package org.tflitesuite.demo.views;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.util.AttributeSet;
import android.view.View;

import org.tflitesuite.demo.R;

/** How often each latency occurred, from the minimum to the 99th percentile. */
public final class HistogramView extends View {
    private static final int BINS = 40;

    private final Paint paint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private int[] counts = new int[0];

    public HistogramView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    public void show(double[] times, double low, double high) {
        counts = new int[BINS];
        for (double time : times) {
            if (time <= high) {
                counts[high > low ? Math.min((int) ((time - low) / (high - low) * BINS), BINS - 1) : 0]++;
            }
        }
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        int most = 1;
        for (int count : counts) {
            most = Math.max(most, count);
        }
        float step = (float) getWidth() / BINS;
        float base = getHeight() - getResources().getDisplayMetrics().density;
        paint.setColor(getContext().getColor(R.color.outline));
        canvas.drawRect(0, base, getWidth(), getHeight(), paint);
        paint.setColor(getContext().getColor(R.color.primary));
        for (int bin = 0; bin < counts.length; bin++) {
            float top = base - base * counts[bin] / most;
            canvas.drawRoundRect(bin * step + step * 0.12f, top, (bin + 1) * step - step * 0.12f, base, 4, 4, paint);
        }
    }
}
