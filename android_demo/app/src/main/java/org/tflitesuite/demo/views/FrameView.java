package org.tflitesuite.demo.views;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.util.AttributeSet;
import android.view.View;

/** Shades what the model does not see of a picture that is shown in full and centred. */
public final class FrameView extends View {
    private static final int SHADE = 0x99000000;
    private static final int LINE = 0xFFFFFFFF;

    private final Paint paint = new Paint(Paint.ANTI_ALIAS_FLAG);
    private int width;
    private int height;
    private float[] seen;

    public FrameView(Context context, AttributeSet attributes) {
        super(context, attributes);
    }

    /**
     * Frames the centre of a picture.
     *
     * @param pictureWidth in pixels, upright
     * @param pictureHeight in pixels, upright
     * @param part shares of width and height that the model sees; null for no frame
     */
    public void frame(int pictureWidth, int pictureHeight, float[] part) {
        width = pictureWidth;
        height = pictureHeight;
        seen = part;
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        if (seen == null) {
            return;
        }
        float scale = Math.min((float) getWidth() / width, (float) getHeight() / height);
        float halfWidth = scale * width / 2;
        float halfHeight = scale * height / 2;
        float centreX = getWidth() / 2f;
        float centreY = getHeight() / 2f;
        float left = centreX - seen[0] * halfWidth;
        float right = centreX + seen[0] * halfWidth;
        float top = centreY - seen[1] * halfHeight;
        float bottom = centreY + seen[1] * halfHeight;
        paint.setStyle(Paint.Style.FILL);
        paint.setColor(SHADE);
        canvas.drawRect(centreX - halfWidth, centreY - halfHeight, centreX + halfWidth, top, paint);
        canvas.drawRect(centreX - halfWidth, bottom, centreX + halfWidth, centreY + halfHeight, paint);
        canvas.drawRect(centreX - halfWidth, top, left, bottom, paint);
        canvas.drawRect(right, top, centreX + halfWidth, bottom, paint);
        float line = 2 * getResources().getDisplayMetrics().density;
        paint.setStyle(Paint.Style.STROKE);
        paint.setStrokeWidth(line);
        paint.setColor(LINE);
        float inset = line / 2;
        canvas.drawRoundRect(left + inset, top + inset, right - inset, bottom - inset, 6 * line, 6 * line, paint);
    }
}
