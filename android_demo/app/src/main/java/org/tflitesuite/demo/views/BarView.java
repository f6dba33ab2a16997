package org.tflitesuite.demo.views;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.util.AttributeSet;
import android.view.View;

import org.tflitesuite.demo.R;

/** A horizontal bar for a share from 0 to 1. */
public final class BarView extends View {
    /** A smaller share would look like more than it is, since the bar's ends are round. */
    private static final float LEAST_SHOWN = 0.005f;

    private final Paint paint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private float share;
    private boolean leads;

    public BarView(Context context, AttributeSet attributes) {
        super(context, attributes);
        setImportantForAccessibility(IMPORTANT_FOR_ACCESSIBILITY_NO);
    }

    /** Shows a share; the leading bar has the stronger colour. */
    public void show(float newShare, boolean isLeading) {
        share = Math.max(0, Math.min(newShare, 1));
        leads = isLeading;
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        float height = getHeight();
        paint.setColor(getContext().getColor(R.color.track));
        canvas.drawRoundRect(0, 0, getWidth(), height, height / 2, height / 2, paint);
        if (share < LEAST_SHOWN) {
            return;
        }
        float length = height + share * (getWidth() - height);
        boolean fromRight = getLayoutDirection() == LAYOUT_DIRECTION_RTL;
        float left = fromRight ? getWidth() - length : 0;
        paint.setColor(getContext().getColor(leads ? R.color.primary : R.color.second));
        canvas.drawRoundRect(left, 0, left + length, height, height / 2, height / 2, paint);
    }
}
