"""What Python does for the Android app: golden files, and a build without Android's SDK."""
