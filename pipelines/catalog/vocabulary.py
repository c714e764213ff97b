"""The shared words of `sources/_schema/vocabulary.yml`."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.normalize.units import Unit
from pipelines.settings import SOURCES_DIR


class Label(BaseModel):
    """A word in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ja: str
    en: str


class Licence(Label):
    """Terms under which a publisher's data may be used."""

    url: str | None


class Cadence(Label):
    """How often something is published: every so many months or days; neither where no next time can be told.

    `grace_days` is how late a publication may be before it counts as overdue.
    """

    months: int | None = None
    days: int | None = None
    grace_days: int = 0


class _UnitEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    dimension: str
    factor: Decimal


class Vocabulary(BaseModel):
    """Controlled words; a list of names for each kind of word through `names`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    units: dict[str, _UnitEntry]
    cadences: dict[str, Cadence]
    area_types: dict[str, Label]
    value_statuses: dict[str, Label]
    observation_statuses: dict[str, Label]
    exclusion_reasons: dict[str, Label]
    statistics: list[str]
    known_on_bases: list[str]
    body_scopes: dict[str, Label]
    licences: dict[str, Licence]

    def names(self, kind: str) -> list[str]:
        """Return the allowed words of a kind, such as `area_types`."""
        return list(getattr(self, kind))

    def unit_table(self) -> dict[str, Unit]:
        """Return the units as the converter wants them."""
        return {name: Unit(name, entry.dimension, entry.factor) for name, entry in self.units.items()}


@cache
def load_vocabulary(path: Path = SOURCES_DIR / "_schema" / "vocabulary.yml") -> Vocabulary:
    """Read the vocabulary once a process."""
    content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Vocabulary.model_validate(content)
