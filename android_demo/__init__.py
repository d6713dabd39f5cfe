"""The Android app, and what Python does for it."""
