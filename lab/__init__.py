"""Laboratories: what stands for devices and SDKs, built from a distribution's packages."""
