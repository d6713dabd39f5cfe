"""Work that is done in processes of its own, several at a time, by calls of functions."""
