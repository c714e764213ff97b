"""Records that are not as they were written are found, and removed so that they are made anew."""

from __future__ import annotations

from pathlib import Path

from pipelines.attempts import Attempt, read_attempts, write_attempts
from pipelines.quarantine import damaged_records, discard_damaged, write_defects
from pipelines.settings import Home


def test_damaged_records_of_what_was_looked_for_and_refused_are_discarded(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    for name in ("whole", "torn"):
        write_attempts(home, name, {"figures": Attempt(attempted_at="2026-11-30T02:00:00+09:00")})
        write_defects(home, name, "figures", [])
    assert damaged_records(home.attempts, home.quarantine) == []
    torn = [home.attempts / "torn.json", home.quarantine / "torn" / "figures.json"]
    for path in torn:
        path.write_bytes(b"\xff\xec garbage")
    assert sorted(damaged_records(home.attempts, home.quarantine)) == sorted(torn)
    assert discard_damaged(home) == len(torn)
    assert not any(path.exists() for path in torn)
    assert read_attempts(home, "torn") == {}
    assert read_attempts(home, "whole")["figures"].attempted_at == "2026-11-30T02:00:00+09:00"
