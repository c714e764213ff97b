"""A file of our own form as a grid of texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.extract.reading import read_sheet
from pipelines.extract.sheet import cell_text


@dataclass(frozen=True)
class Grid:
    """Rows of texts at their true positions: `rows[0]` is row 1 of the file."""

    sheet: str
    rows: list[list[str]]


def read_grid(path: Path, file_name: str, sheet_pattern: str | None = None) -> Grid:
    """Read archived bytes by the name they came under; raise UnreadableFileError with what was expected."""
    sheet = read_sheet(path, file_name, [sheet_pattern] if sheet_pattern else None)
    return Grid(sheet.name, [[cell_text(value) for value in row] for row in sheet.rows])
