"""From sightings and days of change to the stretches of time in which a body was one and the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pipelines.identity.findings import TYPES, Sighting, Version, Work, layer_of, records_begin, six_digits
from pipelines.identity.names import fold_name

# 北海道総合振興局及び振興局の設置に関する条例 (pref.hokkaido.lg.jp/ss/cks/shichou/): no event of e-Stat tells of it.
HOKKAIDO_OFFICES_RENAMED = date(2010, 4, 1)
# Of one stretch of time the spelling of the source named first here is taken, then of its newest sighting.
_SOURCES = ("bundled", "code_list", "standard_area", "event", "reason")


def versions_of(work: Work, fixed: Mapping[str, Mapping[str, Any]]) -> list[Version]:
    """Return for every code its stretches of time, each with name, reading and district; `fixed` by 6 digits."""
    by_five = {code[:5]: row for code, row in fixed.items()}
    versions: list[Version] = []
    for code in sorted({*work.sightings, *work.turns.begins, *work.turns.ends}):
        if not all(sighting.name.endswith((*TYPES, "区")) for sighting in work.sightings[code]):
            work.report("named as no municipality and no ward; left out", code)
            continue
        start = _start(work, code, by_five.get(code))
        for span in _spans(work, code, start):
            filled = _joined([_filled(work, version) for version in _cut(work, span)])
            versions += [part for version in filled for part in _with_office(work, version)]
    return versions


def _start(work: Work, code: str, bundled: Mapping[str, Any] | None) -> tuple[date, str]:
    if bundled:
        return bundled["valid_from"], bundled["valid_from_basis"]
    seen = work.first_seen.get(code)
    in_events = any(sighting.source in ("event", "reason") for sighting in work.sightings[code])
    return records_begin(code) if in_events or seen is None else seen


def _spans(work: Work, code: str, start: tuple[date, str]) -> list[Version]:
    """Return the stretches of time in which a code is in use, from the days it begins and ends."""
    spans: list[Version] = []
    begins, ends = work.turns.begins[code], work.turns.ends[code]
    days = sorted(begins | ends)
    alive: tuple[date, str] | None = start if not days or days[0] not in begins else None
    if days and days[0] in begins and start[1] == "designation" and start[0] != days[0]:
        work.report(f"the bundled day of designation is {start[0]}, the event's is {days[0]}", code, days[0])
    for day in days:
        if day in ends:
            if alive is None or alive[0] >= day:
                work.report("the code ends on a day on which it is not in use", code, day)
            else:
                spans.append(Version(code, alive[0], day, alive[1]))
            alive = None
        if day in begins:
            if alive is not None:
                work.report("the code begins while it is in use", code, day)
            else:
                alive = (day, start[1] if day == start[0] else "event")
    if alive is not None:
        spans.append(Version(code, alive[0], None, alive[1]))
    return spans


def hokkaido_offices(work: Work) -> dict[str, str]:
    """Return the 振興局 that each 支庁 of 北海道 became: the one with a body listed under both, or of its code."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for code, sightings in work.sightings.items():
        for sighting in sightings:
            if code.startswith("01") and sighting.district and sighting.district.endswith(("支庁", "振興局")):
                named[sighting.district].add(code)
    offices: dict[str, str] = {}
    for old in sorted(name for name in named if name.endswith("支庁")):
        new = {name for name in named if name.endswith("振興局") and named[name] & named[old]}
        new = new or {
            name for name in named if name.endswith("振興局") and min(named[name])[:4] == min(named[old])[:4]
        }
        if len(new) == 1:
            offices[old] = next(iter(new))
        elif new:
            work.report(f"{old} is listed as {sorted(new)}")
    return offices


def _cut(work: Work, span: Version) -> list[Version]:
    """Cut a stretch at the days on which the body changed under the same code."""
    days = set(work.turns.changes[span.code])
    starts = [span.start, *sorted(day for day in days if span.holds(day) and day != span.start)]
    return [
        replace(span, start=start, end=end, basis=span.basis if start == span.start else "event")
        for start, end in zip(starts, [*starts[1:], span.end], strict=True)
    ]


def _belongs(work: Work, sighting: Sighting, version: Version) -> bool:
    """Say whether a sighting is of the version's time; on the day of a change its name tells which side it is."""
    day, moment = sighting.day, sighting.moment
    from_event = sighting.source in ("event", "reason")
    old, new = work.turns.changes[version.code].get(day, ("", ""))
    if from_event and old != new and sighting.name in (old, new):
        moment = "before" if sighting.name == old else "after"
    if moment == "before":
        return version.ends_after(day)
    # A body that goes on by one event and ends by another of the same day is named as it was.
    return version.holds(day) or (from_event and moment == "on" and version.end == day)


def _filled(work: Work, version: Version) -> Version:
    """Return the version with name, reading and district as the sources name them in its time."""
    everything = work.sightings[version.code]
    own = [sighting for sighting in everything if _belongs(work, sighting, version)]
    if not own:
        work.report("no source names the body in this stretch of time", version.code, version.start)
    own = sorted(own or everything, key=lambda s: (_SOURCES.index(s.source), -s.day.toordinal()))
    name = _agreed_name(work, version, own)
    # 総務省's list prints small kana in full size now and then, so its reading is the last choice.
    readings = sorted((s for s in own if s.kana), key=lambda s: s.source == "code_list")
    telling = [s for s in own if s.tells_district] or [s for s in everything if s.tells_district]
    districts = {work.offices.get(s.district or "", s.district) for s in telling}
    if len(districts) > 1:
        work.report(f"placed in {sorted(map(str, districts))} at one time", version.code, version.start)
    return replace(
        version,
        name=name,
        kana=readings[0].kana if readings else None,
        district=work.offices.get(telling[0].district or "", telling[0].district) if telling else None,
    )


def _agreed_name(work: Work, version: Version, own: list[Sighting]) -> str:
    """Return the name of the first source; keep other spellings, report other names."""
    name = own[0].name
    others = {sighting.name: sighting.source for sighting in reversed(own) if sighting.name != name}
    for other, source in others.items():
        if fold_name(other) == fold_name(name):
            work.variants.add((six_digits(version.code), version.start, name, other, source))
        else:
            work.report(f"named {name} and {other} at one time", version.code, version.start)
    return name


def _with_office(work: Work, version: Version) -> list[Version]:
    """Return a version of 北海道 as its two: under the 支庁, and from one day under the 振興局 that it became."""
    old = next((old for old, new in work.offices.items() if new == version.district), None)
    if old is None or not version.code.startswith("01") or version.start >= HOKKAIDO_OFFICES_RENAMED:
        return [version]
    if version.end is not None and version.end <= HOKKAIDO_OFFICES_RENAMED:
        return [replace(version, district=old)]
    return [
        replace(version, end=HOKKAIDO_OFFICES_RENAMED, district=old),
        replace(version, start=HOKKAIDO_OFFICES_RENAMED, basis="event"),
    ]


def _joined(versions: list[Version]) -> list[Version]:
    """Join neighbours that differ in nothing (a rename to a character that the source does not tell apart)."""
    joined: list[Version] = []
    for version in versions:
        last = joined[-1] if joined else None
        if last and (last.name, last.kana, last.district) == (version.name, version.kana, version.district):
            joined[-1] = replace(last, end=version.end)
        else:
            joined.append(version)
    return joined


def compared_with_editions(work: Work, versions: list[Version]) -> list[Version]:
    """Report what an edition lists and the register does not hold on its day, and the reverse.

    A code that no later edition lists either is taken to have ended by the first edition without it.
    """
    for (source, layer, as_of), listed in sorted(work.editions.items(), key=lambda item: item[0][2]):
        held = {
            version.code
            for version in versions
            if version.holds(as_of) and layer_of(version.code, version.name) == layer
        }
        for code in sorted(listed - held):
            work.report(f"listed by {source}, but the events say that the code is not in use", code, as_of)
        for code in sorted(held - listed):
            work.report(f"in use as far as the events go, but not listed by {source}", code, as_of)
        later = {code for key, codes in work.editions.items() if key[2] >= as_of for code in codes}
        versions = [
            _ended(version, as_of) if version.code in held - later else version for version in versions
        ]
    return versions


def _ended(version: Version, as_of: date) -> Version:
    return replace(version, end=as_of) if version.holds(as_of) and version.start < as_of else version
