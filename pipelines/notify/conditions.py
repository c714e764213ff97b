"""Events from the state of the sources: new files, failures and recoveries, overdue publications."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.land.status import TableStatus
from pipelines.languages import choose
from pipelines.notify.config import roadmap_rows
from pipelines.notify.events import Event, event_id

_FIRST_SHOWN = 10


def key_of(status: TableStatus) -> str:
    """Return the name by which a table's state is remembered."""
    return f"{status.source_id}.{status.table}"


def failing(statuses: list[TableStatus]) -> dict[str, str]:
    """Return the tables that fail, each with the id of what is wrong."""
    return {key_of(status): status.failure.defect_id for status in statuses if status.failure}


def overdue(statuses: list[TableStatus], day: date) -> dict[str, str]:
    """Return the tables whose next publication is overdue, each with the day by which it was expected."""
    return {
        key_of(status): str(status.freshness.expected_on)
        for status in statuses
        if status.state(day) == "overdue"
    }


def _kpis_of_items() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in roadmap_rows("measures"):
        found.setdefault(row["item_id"], set()).add(row["kpi_id"])
    return found


def items_of(source: DescribedSource) -> set[str]:
    """Return the items that a source's description observes."""
    text = source.description
    published = {
        measure.item_id
        for table in text.published.values()
        for layout in table.layouts
        for column in layout.columns.values()
        for measure in column.measures
    }
    own = {
        column.measures.item_id
        for table in text.tables.values()
        for column in table.columns.values()
        if column.measures
    }
    return published | own | text.items.keys()


class SourceTeller:
    """Puts the state of the sources into events; `moment` is when it was looked at, ISO 8601."""

    def __init__(self, catalog: Catalog, moment: str) -> None:
        self._sources, self._moment = catalog.sources, moment
        kpis = _kpis_of_items()
        self._kpis = {
            source_id: tuple(sorted({kpi for item in items_of(source) for kpi in kpis.get(item, ())}))
            for source_id, source in catalog.sources.items()
        }

    def _title(self, source_id: str, language: str) -> str:
        if source_id not in self._sources:
            return source_id
        title = self._sources[source_id].description.title
        return f"{choose((title.ja, title.en), language)} [{source_id}]"

    def new_files(self, snapshots: list[Snapshot]) -> Iterator[Event]:
        """Yield the files that came in, one event a source."""
        for source_id in sorted({entry.source_id for entry in snapshots}):
            files = {entry.snapshot_sha256: entry for entry in snapshots if entry.source_id == source_id}
            first = list(files.values())[:_FIRST_SHOWN]
            rest = len(files) - len(first)
            names = ", ".join(entry.file_name for entry in first)
            ja, en = (f" ほか {rest:,} 件", f" and {rest:,} more") if rest else ("", "")
            yield Event(
                event_id("new_file", source_id, *sorted(files)),
                "new_file",
                max(entry.retrieved_at for entry in files.values()),
                f"{self._title(source_id, 'ja')}: {len(files):,} 件（{names}{ja}）",
                f"{self._title(source_id, 'en')}: {len(files):,} ({names}{en})",
                source_id=source_id,
                kpi_ids=self._kpis.get(source_id, ()),
                data={
                    "count": len(files),
                    "files": [
                        {"table": entry.table, "file_name": entry.file_name, "sha256": entry.snapshot_sha256}
                        for entry in first
                    ],
                },
            )

    def failures(self, statuses: list[TableStatus], told: dict[str, str]) -> Iterator[Event]:
        """Yield the sources of which a table began to fail, or fails otherwise than was told, and those that recovered."""
        present = failing(statuses)
        for source_id in self._sources:
            of_source = [status for status in statuses if status.source_id == source_id]
            new = [
                entry
                for entry in of_source
                if entry.failure and told.get(key_of(entry)) != present[key_of(entry)]
            ]
            if new:
                yield self._failed(source_id, new)
            well = [entry.table for entry in of_source if not entry.failure and key_of(entry) in told]
            if well:
                tables = ", ".join(well)
                yield Event(
                    event_id("recovered", source_id, tables, self._moment),
                    "source_recovered",
                    self._moment,
                    f"{self._title(source_id, 'ja')}: 再び取得・採用できました（{tables}）",
                    f"{self._title(source_id, 'en')}: acquired and accepted again ({tables})",
                    source_id=source_id,
                    kpi_ids=self._kpis[source_id],
                    data={"tables": well},
                )

    def _failed(self, source_id: str, new: list[TableStatus]) -> Event:
        stale = ", ".join(entry.table for entry in new if entry.is_stale)
        ja = f"前の数値のままの表: {stale}" if stale else "採用したファイルはまだありません"
        en = f"the last good figures stand for {stale}" if stale else "no good file is held yet"
        return Event(
            event_id("failed", self._moment, *sorted(failing(new).items())),
            "source_failed",
            self._moment,
            f"{self._title(source_id, 'ja')}: 取得または採用できません。{ja}{_reasons(new, 'ja')}",
            f"{self._title(source_id, 'en')}: could not be acquired or was refused; {en}{_reasons(new, 'en')}",
            source_id=source_id,
            kpi_ids=self._kpis[source_id],
            data={
                "tables": [
                    {
                        "table": entry.table,
                        "rule": entry.failure.rule if entry.failure else None,
                        "failing_since": entry.failing_since,
                        "is_stale": entry.is_stale,
                    }
                    for entry in new
                ]
            },
        )

    def overdue(self, statuses: list[TableStatus], told: dict[str, str], day: date) -> Iterator[Event]:
        """Yield the sources of which a table's next publication has become overdue."""
        present = overdue(statuses, day)
        for source_id in self._sources:
            late = [
                (entry.table, entry.freshness.newest.period, present[key_of(entry)])
                for entry in statuses
                if entry.source_id == source_id and entry.freshness.newest
                if key_of(entry) in present and told.get(key_of(entry)) != present[key_of(entry)]
            ]
            if not late:
                continue
            ja = "、".join(
                f"{table}（最新 {newest or '-'}、{by} までの見込み）" for table, newest, by in late
            )
            en = ", ".join(
                f"{table} (newest {newest or '-'}, expected by {by})" for table, newest, by in late
            )
            yield Event(
                event_id("overdue", source_id, *late),
                "source_overdue",
                self._moment,
                f"{self._title(source_id, 'ja')}: 次の公表を持っていません。{ja}",
                f"{self._title(source_id, 'en')}: the next publication is not held: {en}",
                source_id=source_id,
                kpi_ids=self._kpis[source_id],
                data={
                    "tables": [
                        {"table": table, "newest": newest, "expected_on": by} for table, newest, by in late
                    ]
                },
            )


def _reasons(statuses: list[TableStatus], language: str) -> str:
    found = list(dict.fromkeys(entry.failure.message(language) for entry in statuses if entry.failure))
    rest = len(found) - _FIRST_SHOWN
    return "".join(f"\n・{reason}" for reason in found[:_FIRST_SHOWN]) + (f"\n… {rest:,}" if rest > 0 else "")
