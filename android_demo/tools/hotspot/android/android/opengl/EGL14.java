package android.opengl;

/** Stands for Android's class, where there is no OpenGL to be asked. */
public class EGL14 {
    public static final int EGL_DEFAULT_DISPLAY = 0;

    public static EGLDisplay eglGetDisplay(int display) {
        return null;
    }

    public static boolean eglInitialize(
            EGLDisplay display, int[] major, int majorOffset, int[] minor, int minorOffset) {
        return false;
    }
}
