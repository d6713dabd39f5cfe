"""The training scripts import each other as scripts in one folder do."""

from __future__ import annotations

import sys
from pathlib import Path

import lowformer_edge

TRAINING = Path(lowformer_edge.__file__).parent / "training"

if str(TRAINING) not in sys.path:
    sys.path.append(str(TRAINING))
