package com.facebook.jni;

/** For classes that are their own data. */
public abstract class HybridClassBase extends HybridData {}
