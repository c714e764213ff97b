"""郡, 支庁 and 振興局 as areas of their own, by their members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from pipelines.identity.findings import Version, Work


def district_versions(work: Work, versions: list[Version]) -> list[Version]:
    """Return the 郡 and 支庁 as areas of their own.

    No list prints their codes. A district's code is that of its lowest member, ever, with 0 as its last digit; the
    events print the codes of the districts that began or ended and are compared with it.
    """
    members: defaultdict[str, list[Version]] = defaultdict(list)
    for code, names in _district_codes(work, versions).items():
        members[code] = [
            version
            for version in versions
            if version.code[:2] == code[:2] and version.district in names and not version.is_ward
        ]
    kana = {
        (sighting.code[:2], sighting.district): sighting.district_kana
        for sightings in work.sightings.values()
        for sighting in sightings
        if sighting.district and sighting.district_kana
    }
    districts = [version for code in sorted(members) for version in _times(code, members[code], kana)]
    _compare_districts(work, districts)
    return districts


def _district_codes(work: Work, versions: list[Version]) -> dict[str, set[str]]:
    """Return the names of each district code; a code of two districts is reported and left out."""
    lowest: dict[tuple[str, str], str] = {}
    for version in versions:
        if version.district and not version.is_ward:
            key = version.code[:2], work.offices.get(version.district, version.district)
            lowest[key] = min(lowest.get(key, version.code), version.code)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for (_, name), code in lowest.items():
        names[code[:4] + "0"].add(name)
    for code, several in names.items():
        if len(several) > 1:
            work.report(f"the districts {sorted(several)} would have one code", code)
    before = {new: old for old, new in work.offices.items()}
    return {code: {name, before.get(name, name)} for code, (name, *others) in names.items() if not others}


def _times(code: str, members: list[Version], kana: Mapping[tuple[str, str], str]) -> list[Version]:
    """Return the stretches of time in which a district of this code and name has a member."""
    times: list[Version] = []
    for member in sorted(members, key=lambda version: (version.district or "", version.start)):
        last = times[-1] if times and times[-1].name == member.district else None
        if last and (last.end is None or member.start <= last.end):
            end = None if last.end is None or member.end is None else max(last.end, member.end)
            times[-1] = replace(last, end=end)
        else:
            name = member.district or ""
            times.append(
                Version(code, member.start, member.end, member.basis, name, kana.get((code[:2], name)))
            )
    return times


def _compare_districts(work: Work, districts: list[Version]) -> None:
    """Report an event that begins or ends a district on another day or under another code."""
    begins = {(version.start, version.code, version.name) for version in districts}
    ends = {(version.end, version.code, version.name) for version in districts}
    for day, code, name, turn in sorted(set(work.district_turns)):
        if (day, code, name) not in (begins if turn == "begins" else ends):
            work.report(f"an event says that {name} {turn}; by its members it does not", code, day)
