"""Events from what one publication changed: the differences that it keeps itself, by what a receiver asked for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.languages import choose
from pipelines.normalize.area_codes import NATION
from pipelines.notify.events import Event, Filter, event_id
from pipelines.notify.words import CAUSES
from pipelines.publish.runs import Run
from pipelines.query import Record, records
from pipelines.verdict_words import STATUSES

if TYPE_CHECKING:
    import duckdb

_EXAMPLES = 10

_COUNTS = """
select
    count(*) filter (where change = 'added') as added, count(*) filter (where change = 'revised') as revised,
    count(*) filter (where change = 'removed') as removed,
    (select count(*) from meta.verdict_change where is_primary and area_code = $nation) as verdicts
from meta.figure_change
"""

_FIGURES = """
with asked as (
    select *, change = 'removed' as is_lost from meta.figure_change
    where (len($sources) = 0 or list_contains($sources, source_id))
        and (len($areas) = 0 or list_contains($areas, area_code))
        and (len($kpis) = 0 or item_id in (select item_id from marts.dim_measure where list_contains($kpis, kpi_id)))
),
named as (
    select asked.*, item.name_ja as item_ja, item.name_en as item_en, coalesce(area.name_ja, asked.area_code) as area_ja,
        row_number() over (
            partition by asked.source_id, is_lost
            order by enters_verdict desc nulls last, change desc, item_id, area_code, as_of_date desc, figure_key
        ) as place
    from asked
    left join marts.dim_item as item using (item_id)
    left join marts.dim_area_current as area using (area_code)
),
kpis as (
    select source_id, is_lost, list(distinct kpi_id order by kpi_id) as kpi_ids
    from asked join marts.dim_measure using (item_id) group by all
)
select
    source_id, is_lost, count(*) filter (where change = 'added') as added,
    count(*) filter (where change = 'revised') as revised, count(*) filter (where change = 'removed') as removed,
    count(distinct area_code) as areas, coalesce(any_value(kpis.kpi_ids), []) as kpi_ids,
    list(struct_pack(change, item_id, item_ja, item_en, area_code, area_ja, as_of_date, unit, old_value, new_value)
        order by place) filter (where place <= $examples) as examples
from named left join kpis using (source_id, is_lost)
group by source_id, is_lost
order by source_id, is_lost
"""

# The rows that were left out of the newest reading of a source: why a figure may be gone.
_REFUSED = """
select count(distinct (file_name, sheet, row_no)) as refused,
    min_by(concat_ws(' ', file_name, '[' || column_name || ']', found), (file_name, row_no)) as first
from meta.defect where source_id = $source and row_no is not null and severity = 'error'
"""

_VERDICTS = """
select
    verdict.*, measure.kpi_id, measure.name_ja, measure.name_en, coalesce(area.name_ja, verdict.area_code) as area_ja
from meta.verdict_change as verdict
join marts.dim_measure as measure using (measure_id)
left join marts.dim_area_current as area using (area_code)
where verdict.is_primary
    and list_contains(case when len($areas) = 0 then [$nation] else $areas end, verdict.area_code)
    and (len($kpis) = 0 or list_contains($kpis, measure.kpi_id))
order by measure.kpi_id, verdict.measure_id, verdict.area_code
"""


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[Record]:
    named = {name: value for name, value in values.items() if f"${name}" in query}
    return records(connection.execute(query, named))


def _asked(wanted: Filter) -> dict[str, Any]:
    return {
        "sources": list(wanted.sources), "areas": list(wanted.areas), "kpis": list(wanted.kpis), "nation": NATION,
    }  # fmt: skip


def published_event(database: Path, run: Run) -> Event:
    """Return the event of a publication, with how much it changed."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        (counts,) = _rows(connection, _COUNTS, nation=NATION)
    if run.figures_changed and not any(counts.values()):
        # There is no version before: all of it is new, and nothing differs.
        counts["added"] = run.figures_changed
    return Event(
        event_id("publication", run.run_id),
        "publication",
        str(run.finished_at),
        f"倉庫を公開しました（版 {run.run_id}）。数値の追加 {counts['added']:,}、改定 {counts['revised']:,}、"
        f"なくなったもの {counts['removed']:,}、判定の変化 {counts['verdicts']:,}、変わったデータ源 {run.sources_changed}",
        f"The warehouse was published (version {run.run_id}): figures added {counts['added']:,}, revised "
        f"{counts['revised']:,}, gone {counts['removed']:,}; verdicts changed {counts['verdicts']:,}; "
        f"sources changed {run.sources_changed}",
        data={"version": run.run_id, "sources_changed": run.sources_changed, **counts},
    )


def difference_events(database: Path, run: Run, wanted: Filter) -> Iterator[Event]:
    """Yield what a receiver asked for of the figures and verdicts that a publication changed.

    Figures are one event a source; what they name is limited to the sources, KPIs and areas asked for. Verdicts are one
    event a measure and area, of the nation unless areas are asked for.
    """
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        for row in _rows(connection, _FIGURES, examples=_EXAMPLES, **_asked(wanted)):
            event = _lost(connection, row, run, wanted) if row["is_lost"] else _changed(row, run, wanted)
            if wanted.accepts_kind(event.kind):
                yield event
        for row in _rows(connection, _VERDICTS, **_asked(wanted)):
            event = _verdict(row, run)
            if wanted.accepts(event):
                yield event


def _number(value: Decimal | None) -> str:
    return "-" if value is None else f"{value.normalize():,f}"


def _example(row: Record, language: str) -> str:
    name = choose((row["item_ja"] or row["item_id"], row["item_en"] or row["item_id"]), language)
    day = "" if row["as_of_date"] is None else f" {row['as_of_date']}"
    values = {
        "added": _number(row["new_value"]),
        "removed": _number(row["old_value"]),
        "revised": f"{_number(row['old_value'])} → {_number(row['new_value'])}",
    }[row["change"]]
    return f"{row['area_ja']} {name}{day}: {values} {row['unit'] or ''}".rstrip()


def _examples(row: Record, language: str) -> str:
    shown = "".join(f"\n・{_example(entry, language)}" for entry in row["examples"])
    rest = row["added"] + row["revised"] + row["removed"] - len(row["examples"])
    more = choose((f"\nほか {rest:,} 件", f"\nand {rest:,} more"), language)
    return shown + (more if rest else "")


def _figure_data(row: Record, run: Run) -> dict[str, Any]:
    examples = [
        {name: None if value is None else str(value) for name, value in entry.items()}
        for entry in row["examples"]
    ]
    counts = {name: row[name] for name in ("added", "revised", "removed", "areas")}
    return {"version": run.run_id, **counts, "examples": examples}


def _changed(row: Record, run: Run, wanted: Filter) -> Event:
    source_id, added, revised, areas = (row[name] for name in ("source_id", "added", "revised", "areas"))
    return Event(
        event_id("figures", run.run_id, source_id, wanted.sources, wanted.kpis, wanted.areas),
        "figures_changed",
        str(run.finished_at),
        f"{source_id}: 数値の追加 {added:,}、改定 {revised:,}（{areas:,} 団体）" + _examples(row, "ja"),
        f"{source_id}: figures added {added:,}, revised {revised:,} ({areas:,} areas)" + _examples(row, "en"),
        source_id=source_id,
        kpi_ids=tuple(row["kpi_ids"]),
        area_codes=wanted.areas or None,
        data=_figure_data(row, run),
    )


def _lost(connection: duckdb.DuckDBPyConnection, row: Record, run: Run, wanted: Filter) -> Event:
    source_id, removed = row["source_id"], row["removed"]
    (refused,) = _rows(connection, _REFUSED, source=source_id)
    ja = en = ""
    if count := refused["refused"]:
        ja = f"\n除かれた行 {count:,} 件（例: {refused['first']}）"
        en = f"\n{count:,} rows were refused (such as {refused['first']})"
    return Event(
        event_id("lost", run.run_id, source_id, wanted.sources, wanted.kpis, wanted.areas),
        "figures_lost",
        str(run.finished_at),
        f"{source_id}: 前の版にあった {removed:,} 件の数値が公開されていません" + _examples(row, "ja") + ja,
        f"{source_id}: {removed:,} figures of the version before are published no more"
        + _examples(row, "en")
        + en,
        source_id=source_id,
        kpi_ids=tuple(row["kpi_ids"]),
        area_codes=wanted.areas or None,
        data={**_figure_data(row, run), "rows_refused": count},
    )


def _status(status: str | None, grade: str | None, language: str) -> str:
    if status is None:
        return choose(("なし", "none"), language)
    return f"{grade} {choose(STATUSES.get(status, (status, status)), language)}"


def _verdict_text(row: Record, language: str) -> str:
    old = _status(row["old_status"], row["old_grade"], language)
    new = _status(row["new_status"], row["new_grade"], language)
    cause = choose(CAUSES.get(row["cause"], (row["cause"], row["cause"])), language)
    if row["cause"] == "figure" and row["cause_value"] is not None:
        cause += f": {_number(row['cause_value'])} ({row['cause_as_of_date']})"
    return f"{choose((row['name_ja'], row['name_en']), language)} ({row['area_ja']}): {old} → {new}\n{cause}"


_VERDICT_DATA = (
    "measure_id", "kpi_id", "area_code", "target_version", "old_status", "new_status", "old_grade", "new_grade", "cause",
    "cause_observation_id", "cause_sheet", "cause_cell", "cause_citation_url",
)  # fmt: skip


def _verdict(row: Record, run: Run) -> Event:
    return Event(
        event_id("verdict", run.run_id, row["measure_id"], row["area_code"], row["target_version"]),
        "verdict_changed",
        str(run.finished_at),
        _verdict_text(row, "ja"),
        _verdict_text(row, "en"),
        source_id=row["cause_source_id"],
        kpi_ids=(row["kpi_id"],),
        area_codes=(row["area_code"],),
        data={"version": run.run_id, **{name: row[name] for name in _VERDICT_DATA}},
    )
