"""Runs as users start them, with receivers on this machine: everybody is told what happened, once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import ROOT, call, command
from tests.end_to_end.test_runs import CLOUD_728, changed_origin
from tests.servers import Hook, hook_server

CONFIG = """
[[receiver]]
name = "team"
type = "webhook"
url_env = "MIERUKA_TEST_HOOK"
format = "json"
language = "en"

[[receiver]]
name = "lines"
type = "json"
path = "{events}"

[[receiver]]
name = "log"
type = "log"
minimum_severity = "warning"
"""


@pytest.fixture
def notified(home: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(home, copy, symlinks=True)
    (copy / "mieruka.toml").write_text(CONFIG.format(events=tmp_path / "events.jsonl"), encoding="utf-8")
    return copy


def run(home: Path, hook: Hook, *arguments: str) -> subprocess.CompletedProcess[str]:
    line, environment = command(home, *arguments)
    return subprocess.run(
        line,
        env={**environment, "MIERUKA_TEST_HOOK": hook.url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def events(hook: Hook) -> list[dict[str, Any]]:
    return [event for post in hook.posts for event in post["events"]]


def test_a_night_after_another_is_told_once(notified: Path, tmp_path: Path) -> None:
    with hook_server(Hook()) as hook:
        first = run(notified, hook, "run")
        assert first.returncode == 0, first.stderr
        hook.posts.clear()
        changed = changed_origin(tmp_path / "a", CLOUD_728, CLOUD_728.replace("728", "729"))
        # The first night the webhook is down: the run goes on, the line in the file is written.
        hook.statuses = [503, 503, 503]
        result = run(notified, hook, "run", "--origin", str(changed))
        assert result.returncode == 0
        assert "HTTP 503" in result.stderr
        assert "S3cr3tT0ken" not in result.stderr + result.stdout
        hook.posts.clear()
        again = run(notified, hook, "run", "--origin", str(changed))
        assert again.returncode == 0
        assert "変更はありません" in again.stdout
        kinds = [event["kind"] for event in events(hook)]
        assert sorted(kinds) == ["figures_changed", "new_file", "publication"]
        figures = next(event for event in events(hook) if event["kind"] == "figures_changed")
        assert (figures["data"]["added"], figures["data"]["revised"]) == (0, 1)
        assert "728 → 729" in figures["text_en"]
        hook.posts.clear()
        refused = changed_origin(tmp_path / "b", "item_id,series_id,area_code", "item_id,series_id,area_kode")
        result = run(notified, hook, "run", "--origin", str(refused))
        assert "area_kode" in result.stderr
        assert "warning source_failed" in result.stderr
        assert (
            "figures.csv"
            in next(event for event in events(hook) if event["kind"] == "source_failed")["text_en"]
        )
    lines = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    ids = [json.loads(line)["event_id"] for line in lines]
    assert len(ids) == len(set(ids))
    kept = [
        path for path in notified.rglob("*") if path.is_file() and path.suffix in (".json", ".jsonl", ".html")
    ]
    assert kept
    assert not any(b"S3cr3tT0ken" in path.read_bytes() for path in kept)


def test_a_closed_gate_is_told_with_its_reason(notified: Path, tmp_path: Path) -> None:
    origin = tmp_path / "origin" / "cao__reform_roadmap_2017"
    origin.mkdir(parents=True)
    text = (ROOT / "sources" / "cao__reform_roadmap_2017" / "kpis.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("advice_cases,")]
    (origin / "kpis.csv").write_text("\n".join(kept), encoding="utf-8")
    with hook_server(Hook()) as hook:
        result = run(notified, hook, "run", "--origin", str(origin.parent))
        assert result.returncode == 1
        closed = [event for event in events(hook) if event["kind"] == "gate_closed"]
    assert len(closed) == 1
    assert "KPI" in closed[0]["text_ja"]
    assert closed[0]["severity"] == "error"


def test_a_wrong_configuration_stops_before_anything_is_done(notified: Path) -> None:
    (notified / "mieruka.toml").write_text(
        '[[receiver]]\nname = "x"\ntype = "log"\nevnts = []\n', encoding="utf-8"
    )
    history = (notified / "state" / "runs.jsonl").read_bytes()
    result = call(notified, "run")
    assert result.returncode == 2
    assert "receiver[1].evnts: そのような項目はありません" in result.stderr
    assert (notified / "state" / "runs.jsonl").read_bytes() == history
    assert call(notified, "run", "--config", str(notified / "nothing.toml")).returncode == 2


def test_config_shows_and_tries_the_receivers(notified: Path) -> None:
    with hook_server(Hook()) as hook:
        shown = run(notified, hook, "config")
        assert shown.returncode == 0
        assert "url_env: MIERUKA_TEST_HOOK" in shown.stdout
        assert "S3cr3tT0ken" not in shown.stdout
        tried = run(notified, hook, "config", "--trial")
        assert tried.returncode == 0, tried.stderr
        assert events(hook)[0]["data"] == {"is_trial": True}
        hook.statuses = [404]
        failed = run(notified, hook, "config", "--trial")
    assert failed.returncode == 1
    assert "HTTP 404" in failed.stderr
    unset = call(notified, "config")
    assert "環境変数が設定されていません" in unset.stdout


def test_the_printed_template_is_a_configuration(notified: Path) -> None:
    template = call(notified, "config", "--template")
    (notified / "mieruka.toml").write_text(template.stdout, encoding="utf-8")
    assert "type: log" in call(notified, "config").stdout


def test_nothing_of_notifications_is_imported_where_none_are_configured() -> None:
    code = (
        "import sys, pathlib\n"
        "from cli.notify import check_config, tell_after_run\n"
        "from cli.messages import Speaker\n"
        "from pipelines.settings import Home\n"
        "home = Home(pathlib.Path('/nonexistent'))\n"
        "check_config(home, None, Speaker('en')); tell_after_run(home, None, Speaker('en'))\n"
        "print([name for name in sys.modules if name in ('pydantic', 'duckdb', 'polars', 'smtplib')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
