package android.os;

/** Stands for Android's; the app keeps nothing in it. */
public final class Bundle {}
