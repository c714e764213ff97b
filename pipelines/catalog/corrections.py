"""Known errors of publishers' files as data: what is wrong, why, to whom it was reported, what the file says today."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, model_validator

from pipelines.catalog.strict import Strict
from pipelines.catalog.vocabulary import Label


class Correction(Strict):
    """One figure of a publisher that is known to be wrong.

    It is applied only while the file still says `found`; once it does not, the correction itself is the defect.
    `value` (in the unit of the column) replaces the figure; without it the figure is withheld.
    """

    table: str
    period: str = Field(pattern=r"FY\d{4}|\d{4}-\d{2}-\d{2}")
    area_code: str = Field(pattern=r"\d{6}")
    item_id: str
    found: str
    value: Decimal | None = None
    reason: Label
    evidence_url: str = Field(pattern=r"https?://.+")
    reported_to: str | None = None
    reported_on: date | None = None

    @model_validator(mode="after")
    def _reported_together(self) -> Self:
        if (self.reported_to is None) != (self.reported_on is None):
            raise ValueError("`reported_to` and `reported_on` belong together")
        return self


def read_corrections(folder: Path) -> list[Correction]:
    """Return the corrections of a source's folder; raise ValueError for one that is badly written."""
    path = folder / "corrections.yml"
    if not path.exists():
        return []
    return [
        Correction.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []
    ]
