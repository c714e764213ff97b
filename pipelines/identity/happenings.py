"""What the events say: e-Stat's 廃置分合等情報, one row for each body that an event touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from pipelines.identity.findings import Moment, Sighting, Work
from pipelines.identity.listings import own_name, rows_of
from pipelines.identity.names import hiragana
from pipelines.identity.reasons import Body, Clause, parse_reason

# Where two statements of an event tell of the same way from code to code, the one named first here is kept.
_KINDS = ("split", "merger", "status", "rename", "boundary")


def _names_by_code(work: Work, rows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        names[row["code5"]].add(own_name(row)[0])
    for code, sightings in work.sightings.items():
        names[code].update(sighting.name for sighting in sightings)
    return names


def see_events(work: Work, events: pl.DataFrame) -> None:
    """Gather what the events change, and how each of their rows names its body before or after."""
    rows = list(rows_of(work, events))
    names = _names_by_code(work, rows)
    by_event: defaultdict[tuple[date, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_event[row["effective_on"], row["reason_ja"]].append(row)
    for (day, reason), affected in sorted(by_event.items(), key=lambda item: item[0]):
        clauses, unread = parse_reason(reason, names)
        for statement in unread:
            work.report(
                f"no rule reads this statement of an event: {statement}", affected[0]["code5"], day, reason
            )
        _take_clauses(work, day, reason, clauses)
        for row in affected:
            _see_event_row(work, row, clauses)
    _settle_continued(work)


def _is_district(body: Body) -> bool:
    return body.name.endswith(("郡", "支庁", "振興局"))


def _take_clauses(work: Work, day: date, reason: str, clauses: Iterable[Clause]) -> None:
    for clause in clauses:
        targets = {target.code for _, target in clause.pairs}
        sources = {source.code for source, _ in clause.pairs}
        for body in clause.begins:
            if _is_district(body):
                work.district_turns.append((day, body.code, body.name, "begins"))
            elif body.code not in sources:
                work.turns.begins[body.code].add(day)
        for body in clause.ends:
            if _is_district(body):
                work.district_turns.append((day, body.code, body.name, "ends"))
            elif body.code not in targets:
                work.turns.ends[body.code].add(day)
        for source, target in clause.pairs:
            _take_pair(work, day, reason, clause, source, target)


def _take_pair(work: Work, day: date, reason: str, clause: Clause, source: Body, target: Body) -> None:
    if source.code == target.code and (source.name, source.kana) != (target.name, target.kana):
        work.turns.changes[source.code][day] = (source.name, target.name)
    # A body that is joined by another is named as it was or as it is since.
    then: Moment = "after" if target in clause.begins else "on"
    sides: tuple[tuple[Body, Moment], ...] = ((source, "before"), (target, then))
    for body, moment in sides:
        work.sightings[body.code].append(
            Sighting(
                body.code,
                day,
                moment,
                "reason",
                body.name,
                hiragana(body.kana) if body.kana else None,
                tells_district=False,
            )
        )
    key = (source.code, target.code, day)
    known = work.edges.get(key)
    if known is None or _KINDS.index(clause.kind) < _KINDS.index(known[0]):
        work.edges[key] = (clause.kind, reason)


def _see_event_row(work: Work, row: Mapping[str, Any], clauses: Iterable[Clause]) -> None:
    """Add what the row prints of its own body: of a body that changed one row is of before, one of after."""
    code, day = row["code5"], row["effective_on"]
    name, kana, district, district_kana = own_name(row)
    pairs = [pair for clause in clauses for pair in clause.pairs]
    before = [source for source, _ in pairs if source.code == code]
    after = [target for _, target in pairs if target.code == code]
    created = [body for clause in clauses for body in clause.begins if body.code == code]
    moment: Moment = "on"
    if before and after:
        moment = _moment_of_change(name, kana, before, after)
    elif before and any(body.code == code for clause in clauses for body in clause.ends):
        moment = "before"
    elif created:
        moment = "after"
    work.sightings[code].append(Sighting(code, day, moment, "event", name, kana, district, district_kana))


def _moment_of_change(name: str, kana: str | None, before: list[Body], after: list[Body]) -> Moment:
    def fits(body: Body) -> bool:
        return body.name == name and body.kana in (None, kana)

    was, is_now = any(map(fits, before)), any(map(fits, after))
    if was == is_now:
        return "on"
    return "before" if was else "after"


def _settle_continued(work: Work) -> None:
    """Call a body split, in all its changes, that several bodies took over in parts."""
    ways: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for (source, target, day), (kind, _) in work.edges.items():
        if kind in ("merger", "split") and target != source:
            ways[source, day].add(target)
    for (source, target, day), (kind, reason) in list(work.edges.items()):
        if kind == "merger" and len(ways[source, day]) > 1:
            work.edges[source, target, day] = ("split", reason)
