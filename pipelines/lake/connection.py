"""Connections to the lake: where it is comes from the environment, as does every secret; nothing secret enters SQL logs.

`MIERUKA_LAKE_CATALOG` is a PostgreSQL connection string without password (libpq takes that from PGPASSWORD, PGPASSFILE or
a service file); `MIERUKA_LAKE_DATA` a folder or an address such as `s3://bucket/lake/`, with the AWS_… variables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.query import quoted
from pipelines.serve.extension import load_extensions

if TYPE_CHECKING:
    import duckdb

CATALOG_VARIABLE = "MIERUKA_LAKE_CATALOG"
DATA_VARIABLE = "MIERUKA_LAKE_DATA"
# The locks of this project among the advisory locks of a database, so that no other program's collide with them.
_LOCK_SPACE = 0x6D69
_PASSWORD = re.compile(r"password\s*=|://[^@/]*:[^@/]*@", re.IGNORECASE)


class LakeNotConfiguredError(RuntimeError):
    """A variable that says where the lake is is missing or holds a password; the text is its name."""


class NoSnapshotError(LookupError):
    """The lake has no snapshot so old; the text is the moment asked for."""


def _object_store(environment: Mapping[str, str]) -> str:
    """Return the statement that makes the key of the object store known, from the variables that AWS's tools read."""
    options = {
        "key_id": environment.get("AWS_ACCESS_KEY_ID"),
        "secret": environment.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": environment.get("AWS_SESSION_TOKEN"),
        "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
    }
    if endpoint := environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        use_ssl = "false" if address.scheme == "http" else "true"
        options |= {"endpoint": address.netloc, "url_style": "path", "use_ssl": use_ssl}
    given = "".join(f", {name} {quoted(value)}" for name, value in options.items() if value)
    return f"create or replace secret mieruka_lake (type s3{given})"


@dataclass(frozen=True)
class Lake:
    """Where a lake is: connection string of its catalogue, and the folder or address of its data."""

    catalog: str
    data: str

    @classmethod
    def from_environment(cls) -> Lake:
        """Return the lake that the environment names; raise LakeNotConfiguredError."""
        found = {name: os.environ.get(name, "").strip() for name in (CATALOG_VARIABLE, DATA_VARIABLE)}
        for name, value in found.items():
            if not value or _PASSWORD.search(value):
                raise LakeNotConfiguredError(name)
        return cls(found[CATALOG_VARIABLE], found[DATA_VARIABLE])

    @property
    def is_object_store(self) -> bool:
        """Return whether the data lies behind an address instead of in a folder."""
        return "://" in self.data

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Load what the lake needs into a connection, with the key of the object store; raise MissingExtensionError."""
        names = ("postgres_scanner", "ducklake")
        load_extensions(connection, ("httpfs", *names) if self.is_object_store else names)
        if self.is_object_store:
            connection.execute(_object_store(os.environ))

    def connect(self, *, version: int | None = None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """Return a connection with the lake attached as `lake`, at one of its snapshots if a version is given.

        Raises duckdb.Error when the catalogue cannot be reached, MissingExtensionError when a package is missing.
        """
        import duckdb

        connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "allow_community_extensions": "false"}
        )
        self.prepare(connection)
        options = [f"data_path {quoted(self.data)}"]
        if version is not None:
            options.append(f"snapshot_version {int(version)}")
        if read_only or version is not None:
            options.append("read_only")
        elif not self.is_object_store:
            Path(self.data).mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"attach {quoted(f'ducklake:postgres:{self.catalog}')} as lake ({', '.join(options)})"
        )
        return connection

    @contextmanager
    def locks(self) -> Iterator[Locks]:
        """Open a session of the catalogue for locks; they end with it, whatever happens to the process."""
        import duckdb

        with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
            load_extensions(connection, ("postgres_scanner",))
            connection.execute(f"attach {quoted(self.catalog)} as catalogue (type postgres, read_only)")
            yield Locks(connection)


class Locks:
    """Locks in the catalogue's database, against writers on all machines; one at a time in a session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold the lock of that name, after waiting until it is free."""
        self._connection.execute("begin")
        try:
            lock = f"select 1 as held from pg_advisory_xact_lock({_LOCK_SPACE}, hashtext({quoted(what)}))"
            self._connection.execute(f"from postgres_query('catalogue', {quoted(lock)})").fetchall()
            yield
        finally:
            self._connection.execute("rollback")


def version_at(connection: duckdb.DuckDBPyConnection, moment: datetime) -> int:
    """Return the newest snapshot at a moment (with its offset); raise NoSnapshotError."""
    found = connection.execute(
        "select max(snapshot_id) from lake.snapshots() where snapshot_time <= ?::timestamptz",
        [moment.isoformat()],
    ).fetchone()
    if not found or found[0] is None:
        raise NoSnapshotError(moment.isoformat())
    return int(found[0])


def newest_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the newest snapshot of the lake."""
    (version,) = connection.execute("select max(snapshot_id) from lake.snapshots()").fetchone() or (0,)
    return int(version)
