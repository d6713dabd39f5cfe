"""lowformer-edge: from a trained LowFormer to verified files for phones."""

__version__ = "0.1.0"
