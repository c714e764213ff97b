"""Reading a container file: its instructions in order, stages apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined; `stage` counts the FROMs from 0, -1 before the first."""

    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words of the exec form (`["a", "b"]`), or of plain text."""
        return json.loads(self.text) if self.text.startswith("[") else self.text.split()


def read_instructions(path: Path) -> list[Instruction]:
    """Return the instructions of a container file."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    instructions: list[Instruction] = []
    stage = -1
    for line in filter(str.strip, joined.splitlines()):
        name, _, text = line.strip().partition(" ")
        stage += name == "FROM"
        instructions.append(Instruction(stage, name, text.strip()))
    return instructions
