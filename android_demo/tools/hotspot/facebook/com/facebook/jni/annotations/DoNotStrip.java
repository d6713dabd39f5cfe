package com.facebook.jni.annotations;

/** Marks what only C++ refers to. */
public @interface DoNotStrip {}
