"""A PostgreSQL of the test's own on loopback, with a password, in a folder of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_USER, _PASSWORD = "mieruka", "of-this-test-only"


@dataclass(frozen=True)
class Postgres:
    """How a running server is reached; the password goes through the environment."""

    port: int
    password: str = _PASSWORD

    def address(self, database: str) -> str:
        """Return the connection string of a database, without password."""
        return f"host=127.0.0.1 port={self.port} user={_USER} dbname={database}"

    def environment(self, database: str, data: Path) -> dict[str, str]:
        """Return the variables by which an operator names a lake."""
        return {
            "PGPASSWORD": self.password, "MIERUKA_LAKE_CATALOG": self.address(database),
            "MIERUKA_LAKE_DATA": f"{data}/",
        }  # fmt: skip

    def run(self, statement: str, database: str = "postgres") -> str:
        """Run a statement and return what it gave."""
        line = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self.address(database), "-c", statement]
        environment = {**os.environ, "PGPASSWORD": self.password}
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, or None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return installed[-1].parent if installed else None


def _unprivileged() -> dict[str, str | int]:
    """Return as whom the server runs: it refuses to run as root."""
    return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


@contextmanager
def postgres(binaries: Path) -> Iterator[Postgres]:
    """Make a new cluster and run it."""
    folder = Path(tempfile.mkdtemp(prefix="mieruka-postgres-"))
    as_whom = _unprivileged()
    if as_whom:
        shutil.chown(folder, "nobody", "nogroup")
    try:
        secret = folder / "password"
        secret.write_text(_PASSWORD, encoding="utf-8")
        secret.chmod(0o444)
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", _USER, "--auth=scram-sha-256", f"--pwfile={secret}",
             "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **as_whom,
        )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", *options],
                cwd=folder, stdout=log, stderr=log, **as_whom,
            )  # fmt: skip
        try:
            _wait_until_ready(binaries, port, folder)
            yield Postgres(port)
        finally:
            # Fast: it does not wait for sessions to end by themselves.
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(binaries: Path, port: int, folder: Path) -> None:
    line = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
    for _ in range(60):
        if subprocess.run(line, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise AssertionError((folder / "server.log").read_text())
