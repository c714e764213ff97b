"""`sources`: what is read, from whom, how fresh it is, and what went wrong last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cli.messages import FRESHNESS, FRESHNESS_BASES, Speaker, choose, stale_text
from pipelines.acquire.archive import Archive
from pipelines.catalog.loader import load_catalog
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.freshness import together
from pipelines.land.publication import read_records, record_defects
from pipelines.land.status import TableStatus, source_statuses
from pipelines.quarantine import ACQUISITION, read_defects
from pipelines.settings import Home, now, today

_FIRST_SHOWN = 20


def list_sources(home: Home) -> list[dict[str, Any]]:
    """Return one record a source; works before anything was acquired."""
    archive, vocabulary = Archive(home), load_vocabulary()
    held = archive.snapshots()
    listed = []
    for source in load_catalog().sources.values():
        text = source.description
        snapshots = [entry for entry in held if entry.source_id == source.source_id]
        failures = read_defects(home, source.source_id, ACQUISITION)
        records = [record for name in text.collected() for record in read_records(home, source, name)]
        defects = [defect for name in text.tables for defect in read_defects(home, source.source_id, name)]
        defects += record_defects(records)
        last = max((datetime.fromisoformat(entry.retrieved_at) for entry in snapshots), default=None)
        statuses = source_statuses(home, source)
        licence, cadence = vocabulary.licences[text.licence], vocabulary.cadences[text.cadence]
        listed.append(
            {
                "source_id": source.source_id,
                "publisher": text.publisher.model_dump(),
                "title": text.title.model_dump(),
                "licence": {"ja": licence.ja, "en": licence.en, "url": licence.url},
                "cadence": {"ja": cadence.ja, "en": cadence.en},
                "freshness": together(status.state(today()) for status in statuses),
                "is_stale": any(status.is_stale for status in statuses),
                "tables": {status.table: status_record(status) for status in statuses},
                "landing_url": text.landing_url,
                "files": [table.file for table in text.tables.values()]
                + [record.file_name for record in records],
                "published_tables": {
                    name: {
                        "title": table.title.model_dump(),
                        "genuine_file_seen": table.genuine_file_seen,
                        "files": sum(record.source_table == name for record in records),
                        "refused": sum(
                            record.source_table == name and not record.accepted for record in records
                        ),
                        "figures": sum(record.figures for record in records if record.source_table == name),
                        "periods": sorted(
                            {
                                record.period
                                for record in records
                                if record.source_table == name and record.period
                            }
                        ),
                    }
                    for name, table in text.collected().items()
                },
                "snapshots_held": len(snapshots),
                "last_retrieved_at": last,
                "days_since_retrieval": (now() - last).days if last else None,
                "defects": [defect.as_record() for defect in defects],
                "defect_messages": {
                    language: [defect.message(language) for defect in defects] for language in ("ja", "en")
                },
                "last_error": {
                    language: failures[0].message(language) if failures else None for language in ("ja", "en")
                },
            }
        )
    return listed


def status_record(status: TableStatus) -> dict[str, Any]:
    """Return the state of a table: what is held that is good, what failed and why, when the next one is expected."""
    good, failure, freshness = status.last_good, status.failure, status.freshness
    return {
        "freshness": status.state(today()),
        "freshness_basis": freshness.basis,
        "newest_period": freshness.newest.period if freshness.newest else None,
        "newest_published_on": freshness.newest.published_on if freshness.newest else None,
        "expected_on": freshness.expected_on,
        "overdue_on": freshness.overdue_on,
        "files_held": status.files,
        "files_refused": status.files_refused,
        "rows_refused": status.rows_refused,
        "last_good": {
            "file_name": good.file_name, "sha256": good.snapshot_sha256, "retrieved_at": good.retrieved_at,
        } if good else None,
        "last_attempt_at": status.last_attempt_at,
        "is_stale": status.is_stale,
        "failing_since": status.failing_since,
        "failure": {
            "rule": failure.rule, "ja": failure.message("ja"), "en": failure.message("en"),
        } if failure else None,
    }  # fmt: skip


def freshness_text(table: dict[str, Any], say: Speaker) -> str:
    """Return in words how fresh a table is, with the days or the reason for not knowing."""
    word = say.word(FRESHNESS, table["freshness"])
    basis = say.word(FRESHNESS_BASES, table["freshness_basis"])
    if table["expected_on"] is None:
        return say("freshness_reason", word=word, reason=basis)
    newest = table["newest_period"] or table["newest_published_on"]
    return say("freshness_days", word=word, newest=newest, day=table["expected_on"], basis=basis)


def _stale_text(name: str, table: dict[str, Any], say: Speaker) -> str:
    good, reason = table["last_good"], table["failure"][say.language]
    return stale_text(say, name, good["file_name"], good["retrieved_at"], table["failing_since"], reason)


def _status_lines(entry: dict[str, Any], say: Speaker) -> Iterator[str]:
    """Yield the freshness, tables of the same together, and the tables that are stale."""
    from rich.markup import escape

    alike: dict[str, list[str]] = {}
    for name, table in entry["tables"].items():
        alike.setdefault(freshness_text(table, say), []).append(name)
    for text, names in alike.items():
        which = "" if len(alike) == 1 else f"{', '.join(names)}: "
        yield f"  {say('source_freshness')}: {escape(which + text)}"
    for name, table in entry["tables"].items():
        if table["is_stale"]:
            yield f"  [red]{escape(_stale_text(name, table, say))}[/red]"


def _table_summary(table: dict[str, Any], say: Speaker) -> str:
    if not table["files"]:
        return say("no_file_held") + ("" if table["genuine_file_seen"] else f" ({say('never_genuine')})")
    periods = table["periods"]
    span = f"{periods[0]} – {periods[-1]}" if len(periods) > 1 else "".join(periods)
    refused = f", {say('files_refused', count=table['refused'])}" if table["refused"] else ""
    return say("table_held", files=table["files"], figures=table["figures"], span=span) + refused


def source_lines(listed: list[dict[str, Any]], say: Speaker) -> Iterator[str]:
    """Yield the list in words."""
    from rich.markup import escape

    def label(pair: dict[str, Any]) -> str:
        return escape(choose((pair["ja"], pair["en"]), say.language))

    for entry in listed:
        last = entry["last_retrieved_at"]
        age = say("days_ago", days=entry["days_since_retrieval"]) if last else "-"
        yield f"[bold]{entry['source_id']}[/bold]  {label(entry['publisher'])}「{label(entry['title'])}」"
        yield f"  {say('source_licence')}: {label(entry['licence'])}  {say('source_cadence')}: {label(entry['cadence'])}"
        yield f"  {escape(entry['landing_url'])}"
        when = f"{last:%Y-%m-%d %H:%M} ({age})" if last else "-"
        yield f"  {say('source_files')}: {len(entry['files'])} ({entry['snapshots_held']})  {say('source_last')}: {when}"
        yield from _status_lines(entry, say)
        for table in entry["published_tables"].values():
            yield f"  - {label(table['title'])}: {_table_summary(table, say)}"
        messages = entry["defect_messages"][say.language]
        yield f"  {say('source_defects')}: {len(messages)}"
        yield from (f"    {escape(message)}" for message in messages[:_FIRST_SHOWN])
        if len(messages) > _FIRST_SHOWN:
            yield f"    {say('more_in_json', count=len(messages) - _FIRST_SHOWN)}"
        if error := entry["last_error"][say.language]:
            yield f"  [red]{say('source_error')}: {escape(error)}[/red]"
