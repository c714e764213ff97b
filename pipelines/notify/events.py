"""What can be told: an event, its kind and severity, and which receiver it concerns."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

Severity = Literal["info", "warning", "error"]
Kind = Literal[
    "publication",
    "new_file",
    "figures_changed",
    "figures_lost",
    "verdict_changed",
    "source_failed",
    "source_recovered",
    "source_overdue",
    "gate_closed",
    "run_failed",
    "events_dropped",
]

SEVERITY_ORDER: tuple[Severity, ...] = get_args(Severity)
KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES: dict[Kind, Severity] = {
    "publication": "info",
    "new_file": "info",
    "figures_changed": "info",
    "figures_lost": "warning",
    "verdict_changed": "warning",
    "source_failed": "warning",
    "source_recovered": "info",
    "source_overdue": "warning",
    "gate_closed": "error",
    "run_failed": "error",
    "events_dropped": "warning",
}


def event_id(*parts: object) -> str:
    """Return an id that is the same for the same thing, however often it is found."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Event:
    """One thing to tell, in both languages; `at` is ISO 8601 with offset.

    `source_id`, `kpi_ids` and `area_codes` are what filters look at. None: the event is not about sources (KPIs, areas)
    at all and passes; an empty tuple: it is about none of them.
    """

    event_id: str
    kind: Kind
    at: str
    text_ja: str
    text_en: str
    source_id: str | None = None
    kpi_ids: tuple[str, ...] | None = None
    area_codes: tuple[str, ...] | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """Return how much it matters."""
        return SEVERITIES[self.kind]

    def text(self, language: str) -> str:
        """Return the event in words."""
        return self.text_ja if language == "ja" else self.text_en

    def as_record(self) -> dict[str, Any]:
        """Return the event as JSON shows it."""
        return {"severity": self.severity, **asdict(self)}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Event:
        """Return the event of a record kept in the state."""
        fields = {name: value for name, value in record.items() if name != "severity"}
        for name in ("kpi_ids", "area_codes"):
            fields[name] = None if fields[name] is None else tuple(fields[name])
        return cls(**fields)


@dataclass(frozen=True)
class Filter:
    """What a receiver asked for; an empty list asks for everything."""

    events: tuple[Kind, ...] = ()
    sources: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    minimum_severity: Severity = "info"

    def accepts_kind(self, kind: Kind) -> bool:
        """Return whether events of a kind are for this receiver, whatever they are about."""
        severity = SEVERITIES[kind]
        if SEVERITY_ORDER.index(severity) < SEVERITY_ORDER.index(self.minimum_severity):
            return False
        return not self.events or kind in self.events

    def accepts(self, event: Event) -> bool:
        """Return whether an event is for this receiver."""
        if not self.accepts_kind(event.kind):
            return False
        source = None if event.source_id is None else (event.source_id,)
        return all(
            not wanted or found is None or not set(wanted).isdisjoint(found)
            for wanted, found in (
                (self.sources, source),
                (self.kpis, event.kpi_ids),
                (self.areas, event.area_codes),
            )
        )
