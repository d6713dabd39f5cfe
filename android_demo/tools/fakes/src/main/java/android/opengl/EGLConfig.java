package android.opengl;

/** Stands for Android's. */
public class EGLConfig {
    EGLConfig() {}
}
