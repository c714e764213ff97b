"""A real Apache Superset on this machine, set up in a folder of its own, and its API."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CONFIGURATION = """
SECRET_KEY = "of-this-test-only-0123456789abcdef0123456789"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
PREVENT_UNSAFE_DB_CONNECTIONS = False
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
"""
_USER = {"username": "admin", "password": "of-this-test-only"}


class Superset:
    """The API of a running Superset, as its administrator."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._headers: dict[str, str] = {}
        answer = self.call("POST", "/api/v1/security/login", {**_USER, "provider": "db", "refresh": True})
        self._headers = {"Authorization": f"Bearer {answer['access_token']}"}

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """Call the API with JSON; raise AssertionError with what it says when that fails."""
        body = None if content is None else json.dumps(content).encode()
        return self._send(method, path, body, "application/json")

    def _send(self, method: str, path: str, body: bytes | None, kind: str) -> Any:
        headers = self._headers | ({} if body is None else {"Content-Type": kind})
        request = urllib.request.Request(self._address + path, data=body, method=method, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()[:1000]}") from error

    def upload(self, path: str, name: str, bundle: bytes) -> Any:
        """Send a bundle as a form."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in (("overwrite", "true"), ("passwords", "{}"))
        ]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="b.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n".encode()
            + bundle
            + f"\r\n--{mark}--\r\n".encode()
        )
        return self._send("POST", path, b"".join(parts), f"multipart/form-data; boundary={mark}")

    def charts(self) -> dict[str, int]:
        """Return the id of each chart by its name."""
        listed = self.call("GET", "/api/v1/chart/?q=" + urllib.parse.quote("(page_size:100)"))
        return {chart["slice_name"]: chart["id"] for chart in listed["result"]}

    def rows(self, chart: int) -> list[dict[str, Any]]:
        """Return what the query of a chart gives now."""
        answer = self.call("GET", f"/api/v1/chart/{chart}/data/?force=true")
        return [row for query in answer["result"] for row in query["data"]]

    def filtered(self, chart: int, column: str, value: str) -> list[dict[str, Any]]:
        """Return what a chart gives when the dashboard's filter on a column has a value."""
        saved = self.call("GET", f"/api/v1/chart/{chart}")["result"]
        context = json.loads(saved["query_context"])
        context["queries"][0]["filters"].append({"col": column, "op": "IN", "val": [value]})
        context["force"] = True
        answer = self.call("POST", "/api/v1/chart/data", context)
        return [row for query in answer["result"] for row in query["data"]]


@contextmanager
def superset(venv: Path, folder: Path) -> Iterator[Superset]:
    """Set Superset up in a folder and run it."""
    configuration = folder / "superset_config.py"
    configuration.write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
    environment = {
        **os.environ, "SUPERSET_CONFIG_PATH": str(configuration), "FLASK_APP": "superset.app:create_app()",
        "SUPERSET_HOME": str(folder),
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)

    def run(*arguments: str) -> None:
        line = [str(venv / "bin" / "superset"), *arguments]
        done = subprocess.run(line, env=environment, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]

    run("db", "upgrade")
    run(
        "fab", "create-admin", "--firstname", "a", "--lastname", "b", "--email", "a@example.com",
        "--username", _USER["username"], "--password", _USER["password"],
    )  # fmt: skip
    run("init")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [
        str(venv / "bin" / "gunicorn"), "-w", "1", "--threads", "4", "-t", "120", "-b", f"127.0.0.1:{port}",
        "superset.app:create_app()",
    ]  # fmt: skip
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(line, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/health")
        yield Superset(address)
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
        except OSError:
            assert time.monotonic() < until
            time.sleep(1)
        else:
            return
