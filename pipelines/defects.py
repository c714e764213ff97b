"""A defect: what is wrong where, in words that the publishing office can act on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Defect:
    """One defect. `row` counts from 1 with the header; `cell` is the field's address in the file.

    Severity `error`: the row (or, without a row, the file) was refused. `warning`: it was kept.
    """

    source_id: str
    table: str
    file: str
    snapshot_sha256: str | None
    sheet: str | None
    row: int | None
    column: str | None
    cell: str | None
    rule: str
    found: str | None
    expected_ja: str
    expected_en: str
    severity: Severity = "error"

    @property
    def defect_id(self) -> str:
        """Return an id that is the same for the same defect in the same bytes."""
        # A file of one sheet has no sheet of another name.
        sheets = () if self.sheet in (None, self.file) else (self.sheet,)
        parts = (self.source_id, self.snapshot_sha256, self.file, *sheets, self.row, self.column, self.rule)
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]

    def as_record(self) -> dict[str, Any]:
        """Return the defect as a flat record for Parquet and JSON."""
        return {"defect_id": self.defect_id, **asdict(self)}

    def message(self, language: str) -> str:
        """Return one line: where, what was found, what was expected."""
        place = " ".join(
            part
            for part in (
                self.file,
                None if self.row is None else (f"{self.row}行" if language == "ja" else f"row {self.row}"),
                None if self.column is None else f"[{self.column}]",
            )
            if part
        )
        if language == "ja":
            found = f"「{self.found}」" if self.found else "空欄"
            return f"{place}: {found}。{self.expected_ja}"
        found = f"'{self.found}'" if self.found else "blank"
        return f"{place}: {found}. {self.expected_en}"


class RefusedFileError(Exception):
    """A file as a whole cannot be trusted; the defects say why."""

    def __init__(self, defects: list[Defect]) -> None:
        super().__init__("; ".join(defect.message("en") for defect in defects))
        self.defects = defects


def file_defect(
    source_id: str, table: str, file: str, rule: str, found: str | None, expected_ja: str, expected_en: str,
    severity: Severity = "error",
) -> Defect:  # fmt: skip
    """Return a defect of a file as a whole, or of one that could not be had: it has no bytes, sheet or cell yet."""
    return Defect(
        source_id=source_id, table=table, file=file, snapshot_sha256=None, sheet=None, row=None, column=None, cell=None,
        rule=rule, found=found, expected_ja=expected_ja, expected_en=expected_en, severity=severity,
    )  # fmt: skip


DEFECT_COLUMNS = ("defect_id", *(field.name for field in fields(Defect)))


def unique(defects: Iterable[Defect]) -> list[Defect]:
    """Return the defects once each, in their order."""
    return list({defect.defect_id: defect for defect in defects}.values())
