package android.graphics;

import java.awt.geom.AffineTransform;

/** Stands for Android's. */
public class Matrix {
    private final AffineTransform transform = new AffineTransform();

    public void setScale(float x, float y, float pivotX, float pivotY) {
        transform.setToTranslation(pivotX, pivotY);
        transform.scale(x, y);
        transform.translate(-pivotX, -pivotY);
    }

    public boolean postScale(float x, float y) {
        transform.preConcatenate(AffineTransform.getScaleInstance(x, y));
        return true;
    }

    public boolean postRotate(float degrees) {
        return postRotate(degrees, 0, 0);
    }

    public boolean postRotate(float degrees, float x, float y) {
        AffineTransform turn = new AffineTransform();
        turn.translate(x, y);
        turn.quadrantRotate(Math.round(degrees / 90));
        turn.translate(-x, -y);
        transform.preConcatenate(turn);
        return true;
    }

    public void mapPoints(float[] points) {
        transform.transform(points, 0, points, 0, points.length / 2);
    }
}
