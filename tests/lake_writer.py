"""A writer of its own process for the lake: `python -m tests.lake_writer FILE…` loads registers and says what became of each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipelines.lake.connection import Lake
from pipelines.lake.load import load_registers

if __name__ == "__main__":
    files = [Path(given) for given in sys.argv[1:]]
    print(json.dumps([asdict(load) for load in load_registers(Lake.from_environment(), files)]))
