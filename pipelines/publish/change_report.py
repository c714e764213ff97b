"""The differences of two versions for people and programs: counts, the first of them in words, all of them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.languages import LANGUAGES, choose
from pipelines.normalize.area_codes import NATION
from pipelines.publish.differences import SECTIONS, Side, counts, see
from pipelines.verdict_words import STATUSES

if TYPE_CHECKING:
    import duckdb

FIRST_IN_WORDS = 20
_ROWS_AT_ONCE = 10_000

CHANGES = {
    "added": ("追加", "added"),
    "revised": ("改定", "revised"),
    "changed": ("変更", "changed"),
    "removed": ("削除", "removed"),
}
_SECTION_NAMES = {
    "kpis": ("KPI", "KPI"),
    "verdicts": ("判定", "verdict"),
    "targets": ("目標", "target"),
    "series": ("系列", "series"),
    "areas": ("団体", "area"),
    "files": ("ファイル", "file"),
    "figures": ("数値", "figure"),
}
_CAUSES = {
    "figure": ("数値による", "because of a figure"),
    "target": ("目標の変更による", "because the target changed"),
    "calendar": ("日付が進んだことによる", "because time passed"),
    "rule": ("決まりまたはコードの変更による", "because rules or code changed"),
}

# What the roadmap is judged by comes first, then the nation, then what changed before what came or went.
_SIGNIFICANCE = (
    f"entry.enters_verdict desc nulls last, entry.area_code <> '{NATION}', "
    "case entry.change when 'revised' then 0 when 'removed' then 1 else 2 end, "
    "entry.item_id, entry.area_code, entry.as_of_date, entry.figure_key"
)
_NATION_FIRST = f"not coalesce(entry.is_primary, false), entry.area_code <> '{NATION}', entry.measure_id, entry.area_code, entry.target_version"
# The names are looked up for the rows shown only: of a million figures that would be slow.
_FIGURES = """
select entry.* exclude (since_version), item.name_ja as item_name_ja, item.name_en as item_name_en, area.name_ja as area_name_ja
from (select * from figures as entry order by {order} {cut}) as entry
left join item_name as item using (item_id) left join area_name as area using (area_code)
order by {order}
"""
_VERDICTS = """
select entry.* exclude (since_version), measure.name_ja as measure_name_ja, measure.name_en as measure_name_en,
    area.name_ja as area_name_ja
from (select * from verdicts as entry order by {order} {cut}) as entry
left join measure_name as measure using (measure_id) left join area_name as area using (area_code)
order by {order}
"""
_KPIS = """
select entry.*, kpi.name_ja as kpi_name_ja, kpi.name_en as kpi_name_en
from kpis as entry left join kpi_name as kpi using (kpi_id) order by entry.kpi_id
"""
_NAMES = {
    "item": ("marts.dim_item", "item_id"),
    "measure": ("marts.dim_measure", "measure_id"),
    "kpi": ("marts.dim_kpi", "kpi_id"),
    "area": ("marts.dim_area", "area_code"),
}


@dataclass(frozen=True)
class ChangeReport:
    """The differences that `differences.compare` left in a connection, between two of its databases."""

    connection: duckdb.DuckDBPyConnection
    old: Side
    new: Side

    def __post_init__(self) -> None:
        for thing, (table, key) in _NAMES.items():
            self._name(thing, table, key)

    def _name(self, thing: str, table: str, key: str) -> None:
        """Make a table of the names of things, as the new version has them and else the old one."""
        wanted = {key: "varchar", "name_ja": "varchar", "name_en": "varchar", "valid_from": "date"}
        for which, side in (("old", self.old), ("new", self.new)):
            see(self.connection, side, f"{which}_{thing}_name", table, wanted)
        self.connection.execute(
            f"create or replace temp table {thing}_name as select distinct on ({key}) {key}, name_ja, name_en from "
            f"(select *, false as is_old from new_{thing}_name union all select *, true as is_old from old_{thing}_name) "
            f"order by {key}, is_old, valid_from desc nulls last"
        )

    def _query(self, section: str, limit: int | None) -> str:
        cut = "" if limit is None else f"limit {limit}"
        if section == "figures":
            return _FIGURES.format(order=_SIGNIFICANCE, cut=cut)
        if section == "verdicts":
            return _VERDICTS.format(order=_NATION_FIRST, cut=cut)
        return f"{_KPIS if section == 'kpis' else f'select * from {section} order by change, key::varchar'} {cut}"

    def rows(self, section: str, limit: int | None = None) -> Iterator[str]:
        """Yield what differs in a section as JSON, one text a row, the most significant first."""
        cursor = self.connection.execute(
            f"select to_json(entry)::varchar from ({self._query(section, limit)}) as entry"
        )
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from (row[0] for row in rows)

    def words(self, limit: int = FIRST_IN_WORDS) -> dict[str, list[str]]:
        """Return by language the first differences in words, at most `limit` a section."""
        first = [
            (section, json.loads(row, parse_float=Decimal))
            for section in SECTIONS
            for row in self.rows(section, limit)
        ]
        return {language: [_line(section, row, language) for section, row in first] for language in LANGUAGES}

    def json_parts(self, figures: int | None = None) -> Iterator[str]:
        """Yield the text of one JSON object with everything; of figures at most as many as said."""
        counted = counts(self.connection)
        found = sum(counted["figures"].values())
        head = {
            "old": self.old.version,
            "new": self.new.version,
            "counts": counted,
            "words": self.words(),
            "figures_are_complete": figures is None or found <= figures,
        }
        yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
        for section in SECTIONS:
            yield f',\n "{section}": ['
            for number, row in enumerate(self.rows(section, figures if section == "figures" else None)):
                yield f"{',' if number else ''}\n  {row}"
            yield "]"
        yield "\n}\n"


def _line(section: str, row: dict[str, Any], language: str) -> str:
    head = f"{choose(_SECTION_NAMES[section], language)} {choose(CHANGES[row['change']], language)}: "
    if section == "figures":
        return head + _figure(row, language)
    if section == "verdicts":
        return head + _verdict(row, language)
    if section == "kpis":
        return head + f"{_named(row, 'kpi', language)} {_judged(row, language)}"
    return head + _registered(section, row)


def _named(row: dict[str, Any], thing: str, language: str) -> str:
    name = row.get(f"{thing}_name_{language}") or row.get(f"{thing}_name_ja")
    identifier = row.get(f"{thing}_id")
    return f"{name} ({identifier})" if name else str(identifier)


def _area(row: dict[str, Any], language: str) -> str:
    if row["area_code"] == NATION:
        return "全国" if language == "ja" else "Japan"
    return f"{row.get('area_name_ja') or ''}({row['area_code']})"


def number(value: Any, unit: str | None, language: str) -> str:
    """Return a value as it is read: with thousands separators, without zeros at its end, with its unit."""
    if value is None:
        return "値なし" if language == "ja" else "no value"
    digits = f"{Decimal(str(value)).normalize():,f}"
    shown = unit if unit and (language == "ja" or unit.isascii()) else ""
    return f"{digits}{shown}"


def _figure(row: dict[str, Any], language: str) -> str:
    """Return a figure: what, whose, of when, from which value to which, and where it is printed."""
    what = f"{_named(row, 'item', language)} {_area(row, language)} {row['as_of_date'] or ''}".rstrip()
    old = number(row["old_value"], row["unit"], language)
    new = number(row["new_value"], row["unit"], language)
    values = {"added": new, "removed": old}.get(row["change"], f"{old} → {new}")
    other = [name for name in row["changed_columns"] or [] if name != "value"]
    place = " ".join(
        str(part) for part in (row["source_id"], row["sheet"], row["cell"], row["citation_url"]) if part
    )
    return f"{what} {values}{' [' + ', '.join(other) + ']' if other else ''} ({place})"


def _judged(row: dict[str, Any], language: str) -> str:
    def one(which: str) -> str:
        status = row[f"{which}_status"]
        if status is None:
            return "-"
        return f"{row[f'{which}_grade']} {choose(STATUSES.get(status, (status, status)), language)}"

    return f"{one('old')} → {one('new')}"


def _verdict(row: dict[str, Any], language: str) -> str:
    what = f"{_named(row, 'measure', language)} {_area(row, language)}"
    target = "" if row["is_primary"] else f" [{row['target_version']}]"
    cause = choose(_CAUSES[row["cause"]], language)
    if row["cause"] == "figure":
        cause += f": {row['cause_as_of_date'] or ''} {number(row['cause_value'], None, language)} {row['cause_citation_url'] or row['cause_source_id'] or ''}"
    return f"{what}{target} {_judged(row, language)} ({cause})"


def _registered(section: str, row: dict[str, Any]) -> str:
    """Return a row of a register: its key, and what stood and stands in the columns that changed."""
    before, now = row["old"] or {}, row["new"] or {}
    if section == "files":
        entry = now or before
        return f"{entry['source_id']} {entry['file_name']} {entry['snapshot_sha256'][:12]}"
    key = " ".join(str(value) for value in row["key"].values())
    name = (
        now.get("name_ja")
        or before.get("name_ja")
        or now.get("target_text_ja")
        or before.get("target_text_ja")
    )
    changed = "; ".join(
        f"{column}: {_shown(before.get(column))} → {_shown(now.get(column))}"
        for column in row["changed_columns"] or []
    )
    return " ".join(part for part in (key, name, changed) if part)


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "-" if value is None else str(value)
