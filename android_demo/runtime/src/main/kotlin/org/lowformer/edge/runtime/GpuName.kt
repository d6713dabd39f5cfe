package org.lowformer.edge.runtime

import android.opengl.EGL14
import android.opengl.EGLConfig
import android.opengl.EGLContext
import android.opengl.EGLDisplay
import android.opengl.EGLSurface
import android.opengl.GLES20

/** What the phone's GPU calls itself, asked of OpenGL: LiteRT does not tell. */
internal object GpuName {
    private val CONFIG = intArrayOf(
        EGL14.EGL_RENDERABLE_TYPE, EGL14.EGL_OPENGL_ES2_BIT,
        EGL14.EGL_SURFACE_TYPE, EGL14.EGL_PBUFFER_BIT,
        EGL14.EGL_NONE,
    )
    private val CONTEXT = intArrayOf(EGL14.EGL_CONTEXT_CLIENT_VERSION, 2, EGL14.EGL_NONE)
    private val SURFACE = intArrayOf(EGL14.EGL_WIDTH, 1, EGL14.EGL_HEIGHT, 1, EGL14.EGL_NONE)

    /**
     * The name, such as `Adreno (TM) 740`; null where OpenGL cannot be asked.
     *
     * Asked once, before LiteRT may have a context of its own on the same thread.
     */
    val name: String? by lazy(::read)

    private fun read(): String? {
        val display = EGL14.eglGetDisplay(EGL14.EGL_DEFAULT_DISPLAY)
        val version = IntArray(2)
        if (!EGL14.eglInitialize(display, version, 0, version, 1)) return null
        return config(display)?.let { ask(display, it) }
    }

    private fun config(display: EGLDisplay): EGLConfig? {
        val configs = arrayOfNulls<EGLConfig>(1)
        val count = IntArray(1)
        EGL14.eglChooseConfig(display, CONFIG, 0, configs, 0, 1, count, 0)
        return configs[0]
    }

    /** The display stays initialised: the whole process shares it, the app's windows too. */
    private fun ask(display: EGLDisplay, config: EGLConfig): String? {
        val context = EGL14.eglCreateContext(display, config, EGL14.EGL_NO_CONTEXT, CONTEXT, 0)
        val surface = EGL14.eglCreatePbufferSurface(display, config, SURFACE, 0)
        try {
            return if (EGL14.eglMakeCurrent(display, surface, surface, context)) renderer(display) else null
        } finally {
            release(display, surface, context)
        }
    }

    private fun renderer(display: EGLDisplay): String? {
        val name: String? = GLES20.glGetString(GLES20.GL_RENDERER)
        EGL14.eglMakeCurrent(display, EGL14.EGL_NO_SURFACE, EGL14.EGL_NO_SURFACE, EGL14.EGL_NO_CONTEXT)
        return name
    }

    private fun release(display: EGLDisplay, surface: EGLSurface, context: EGLContext) {
        EGL14.eglDestroySurface(display, surface)
        EGL14.eglDestroyContext(display, context)
    }
}
