"""Laboratories: emulated processors and software GPUs, built from a distribution's packages."""
