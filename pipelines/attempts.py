"""What is remembered of each table between runs: when it was last looked for, since when in vain, what was last good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.defects import Defect
from pipelines.files import read_record, write_record
from pipelines.settings import Home


@dataclass(frozen=True)
class Attempt:
    """The memory of one table; times are ISO 8601 with offset.

    `good_sha256` are the bytes from which it was last landed, `refused_sha256` newer ones that were refused as a whole.
    """

    attempted_at: str | None = None
    failing_since: str | None = None
    good_sha256: str | None = None
    refused_sha256: str | None = None


@dataclass(frozen=True)
class Stale:
    """A table whose renewal failed: the file that stands, retrieved when, and since when and why there is no newer one.

    The times are ISO 8601 with offset.
    """

    table: str
    file: str
    retrieved_at: str
    failing_since: str | None
    failure: Defect


def _path(home: Home, source_id: str) -> Path:
    return home.attempts / f"{source_id}.json"


def read_attempts(home: Home, source_id: str) -> dict[str, Attempt]:
    """Return what is remembered of a source's tables; nothing when it was never looked for or the record is damaged."""
    record = read_record(_path(home, source_id))
    return {table: Attempt(**entry) for table, entry in record["tables"].items()} if record else {}


def write_attempts(home: Home, source_id: str, attempts: dict[str, Attempt]) -> None:
    """Remember this of a source's tables, in the place of what was remembered before."""
    content = {table: asdict(entry) for table, entry in sorted(attempts.items())}
    write_record(_path(home, source_id), {"tables": content})


def note_attempt(home: Home, source_id: str, tables: Iterable[str], failed: set[str], moment: str) -> None:
    """Remember that tables were looked for, some of them in vain: a failure counts from its first time."""
    attempts = read_attempts(home, source_id)
    for table in tables:
        before = attempts.get(table, Attempt())
        since = (before.failing_since or moment) if table in failed else None
        attempts[table] = replace(before, attempted_at=moment, failing_since=since)
    write_attempts(home, source_id, attempts)


def note_landing(home: Home, source_id: str, table: str, sha256: str, *, is_good: bool) -> None:
    """Remember whether the newest bytes of a table could be landed, or were refused as a whole."""
    attempts = read_attempts(home, source_id)
    before = attempts.get(table, Attempt())
    if is_good:
        after = replace(before, good_sha256=sha256, refused_sha256=None)
    else:
        after = replace(before, refused_sha256=sha256)
    if after != before:
        attempts[table] = after
        write_attempts(home, source_id, attempts)
