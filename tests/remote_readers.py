"""`mieruka serve` on a small warehouse, and readers that speak its protocol."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.serve.extension import load_extensions
from pipelines.settings import PROJECT_ROOT, Home

TOKEN = "a-token-of-these-tests-only"  # noqa: S105


@dataclass
class Served:
    """A server under way."""

    process: subprocess.Popen[str]
    port: int
    client: duckdb.DuckDBPyConnection

    @property
    def address(self) -> str:
        """Return the address in the form of the protocol."""
        return f"quack:127.0.0.1:{self.port}"

    def ask(self, statement: str, token: str = TOKEN) -> list[tuple[Any, ...]]:
        """Run a statement on the server in a session of its own; raise duckdb.Error."""
        return self.client.execute(
            "from quack_query($1, $2, token => $3)", [self.address, statement, token]
        ).fetchall()

    def end(self) -> tuple[int, str]:
        """Send SIGTERM; return the exit code and what the server had said besides its first line."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=30)
        return self.process.returncode, out


@contextmanager
def reader() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that can speak the protocol."""
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        load_extensions(connection)
        yield connection


def serve_command(home: Home, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and environment of `mieruka serve` for a home."""
    environment = {
        **os.environ,
        "MIERUKA_HOME": str(home.root),
        "MIERUKA_LANG": "en",
        "MIERUKA_SERVE_TOKEN": TOKEN,
    }
    return [sys.executable, "-m", "cli.main", "serve", *arguments], environment


@contextmanager
def served(home: Home, *arguments: str) -> Iterator[Served]:
    """Run `mieruka serve` on a free port; it is killed at the end if it still runs."""
    line, environment = serve_command(home, "--port", "0", *arguments)
    process = subprocess.Popen(
        line, env=environment, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        found = re.search(r"quack:127\.0\.0\.1:(\d+)", first)
        assert found, first
        with reader() as client:
            yield Served(process, int(found.group(1)), client)
    finally:
        process.kill()
        process.wait()
