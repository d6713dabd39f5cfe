"""How much is done where nobody says how much.

By itself, so that commands can name these in their help without importing what does the work.
"""

from __future__ import annotations

CALIBRATION_IMAGES = 256
EVALUATION_IMAGES = 2000

OUTPUT_BYTES = 512 * 1024**2
"""Of one model's outputs for all evaluation images; those of a detector are millions an image."""

EXPORT_RUNS = 30
"""Timed runs of each file of an export."""

BENCH_RUNS = 300
PROCESSES = 10
"""Processes that share the runs of a benchmark, since figures differ from process to process."""

TARGET_IMAGES = 16
"""Images that are run on targets other than the host, which may be slow."""
