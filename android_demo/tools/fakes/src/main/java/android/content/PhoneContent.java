package android.content;

/** The only content resolver. */
final class PhoneContent extends ContentResolver {}
