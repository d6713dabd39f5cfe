package android.opengl;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public class EGL14 {
    public static final EGLContext EGL_NO_CONTEXT = new EGLContext();
    public static final EGLSurface EGL_NO_SURFACE = new EGLSurface();

    public static EGLDisplay eglGetDisplay(int display) {
        return new EGLDisplay();
    }

    public static boolean eglInitialize(
            EGLDisplay display, int[] major, int majorOffset, int[] minor, int minorOffset) {
        return Phone.get().models.gpu != null;
    }

    public static boolean eglChooseConfig(
            EGLDisplay display,
            int[] wanted,
            int wantedOffset,
            EGLConfig[] configs,
            int configsOffset,
            int size,
            int[] count,
            int countOffset) {
        configs[configsOffset] = new EGLConfig();
        return true;
    }

    public static EGLContext eglCreateContext(
            EGLDisplay display, EGLConfig config, EGLContext shared, int[] wanted, int offset) {
        return new EGLContext();
    }

    public static EGLSurface eglCreatePbufferSurface(
            EGLDisplay display, EGLConfig config, int[] wanted, int offset) {
        return new EGLSurface();
    }

    public static boolean eglMakeCurrent(
            EGLDisplay display, EGLSurface draw, EGLSurface read, EGLContext context) {
        return true;
    }

    public static boolean eglDestroySurface(EGLDisplay display, EGLSurface surface) {
        return true;
    }

    public static boolean eglDestroyContext(EGLDisplay display, EGLContext context) {
        return true;
    }
}
