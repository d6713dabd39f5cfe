"""How much is done where nobody says how much.

By itself, so that commands can name these in their help without importing what does the work.
"""

from __future__ import annotations

CALIBRATION_IMAGES = 256
EVALUATION_IMAGES = 2000

OUTPUT_BYTES = 512 * 1024**2
"""Of one model's outputs for all evaluation images; those of a detector are millions an image."""

WORKER_BYTES = 1_440_000_000
"""Of memory that a process is taken to need which converts one format, or runs files: an export of
B1 to TFLite in INT8 had 1,431 MB at its peak, with its calibration; each of the demo model's 450 to
710."""

EXPORT_RUNS = 30
"""Timed runs of each file of an export."""

BENCH_RUNS = 300
PROCESSES = 10
"""Processes that share the runs of a benchmark, since figures differ from process to process."""

TARGET_IMAGES = 16
"""Images that are run on targets other than the host, which may be slow."""
