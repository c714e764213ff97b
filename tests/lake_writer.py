"""A writer of its own process for the lake: `python -m tests.lake_writer FOLDER CODE…` loads registers of bodies."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from pipelines.lake.connection import Lake
from pipelines.lake.load import landed_registers, load_registers

if __name__ == "__main__":
    folder, *codes = sys.argv[1:]
    registers = [entry for entry in landed_registers(Path(folder)) if entry.area_code in codes]
    print(json.dumps([asdict(load) for load in load_registers(Lake.from_environment(), registers)]))
