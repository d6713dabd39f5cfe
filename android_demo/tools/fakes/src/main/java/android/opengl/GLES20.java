package android.opengl;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public class GLES20 {
    public static String glGetString(int name) {
        return Phone.get().models.gpu;
    }
}
