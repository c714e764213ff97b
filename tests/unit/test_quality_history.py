"""What is remembered of the checks: since when one fails, what was mended, and that little and only whole records are kept."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.catalog.defect_rules import explanation_of
from pipelines.pages.charts import GateBar, gate_chart
from pipelines.pages.quality import checks_of, defects_csv, finding, kept_back
from pipelines.quality import history
from pipelines.quality.data_docs import DataDocsError, local_page
from pipelines.quality.gate import Affected, GateReport, Outcome
from pipelines.settings import Home

DAY = "2026-11-{:02}T02:00:00+09:00"


def outcome(suite: str, *, success: bool, severity: str = "warn", accepted: bool = False) -> Outcome:
    observed = json.dumps(
        {"unexpected_count": 0 if success else 2, "element_count": 5, "partial_unexpected_list": ["<b>", 7]}
    )
    return Outcome(suite, suite, suite, "expect()", severity, success, observed, None, accepted)


def note(home: Home, day: int, *outcomes: Outcome) -> None:
    report = GateReport(list(outcomes), {"jumps": Affected(1, [{"observation_id": "o1"}])})
    history.note_gate(home, f"202611{day:02}", DAY.format(day), report)


def since(home: Home) -> dict[str, tuple[str, int, bool]]:
    return {
        check.suite: (check.since.isoformat() if check.since else "", check.gates, check.is_since_first)
        for check in checks_of(history.read_gates(home))
    }


def test_a_check_fails_since_the_first_gate_without_a_break(home: Home) -> None:
    for day, held in enumerate((False, True, False, False), start=1):
        note(
            home,
            day,
            outcome("jumps", success=held),
            outcome("rates", success=False),
            outcome("kpis", success=True),
        )
    assert since(home) == {
        "jumps": (DAY.format(3), 2, False), "rates": (DAY.format(1), 4, True), "kpis": ("", 0, False),
    }  # fmt: skip


def test_a_gate_that_did_not_ask_is_no_break(home: Home) -> None:
    note(home, 1, outcome("jumps", success=True), outcome("size", success=False))
    note(home, 2, outcome("jumps", success=True))
    note(home, 3, outcome("jumps", success=True), outcome("size", success=False))
    assert since(home)["size"] == (DAY.format(1), 2, True)


def test_what_blocks_comes_first_and_what_was_accepted_is_said(home: Home) -> None:
    note(home, 1, outcome("a", success=True), outcome("b", success=False), outcome("c", success=False, severity="block"),
         outcome("d", success=False, severity="block", accepted=True))  # fmt: skip
    checks = checks_of(history.read_gates(home))
    assert [(check.suite, check.state) for check in checks] == [
        ("c", "blocked"), ("d", "accepted"), ("b", "warned"), ("a", "passed"),
    ]  # fmt: skip


def test_only_so_many_gates_are_kept_and_a_torn_one_is_passed_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_GATES", 3)
    for day in range(1, 6):
        note(home, day, outcome("jumps", success=False))
    assert [gate["run_id"] for gate in history.read_gates(home)] == ["20261103", "20261104", "20261105"]
    torn = home.state / "checks/20261104.json"
    torn.write_bytes(torn.read_bytes()[:-40])
    assert [gate["run_id"] for gate in history.read_gates(home)] == ["20261103", "20261105"]


def test_only_a_gate_that_blocked_kept_something_back() -> None:
    gates = [
        {"run_id": f"202611{day:02}", "blocking": blocking, "is_published": False}
        for day, blocking in ((1, 2), (2, 0), (3, 0), (4, 1))
    ]
    assert [entry["run_id"] for entry in kept_back(gates, "20261102")] == ["20261104"]


def test_words_of_a_finding_are_escaped() -> None:
    said = str(finding(outcome("jumps", success=False).as_record()))
    assert "5件のうち2件" in said
    assert "&lt;b&gt;" in said
    assert "<b>" not in said


def warehouse(path: Path, defects: dict[str, str]) -> Path:
    """Return a database with these defects (id to hash of the file) and the files of all hashes that end in `+`."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as made:
        made.execute(
            "create schema meta; create schema marts; create table meta.defect (defect_id varchar, source_id varchar, snapshot_sha256 varchar)"
        )
        made.execute(
            "create table marts.dim_source (source_id varchar, publisher_ja varchar, publisher_en varchar, title_ja varchar, title_en varchar)"
        )
        made.execute("create table meta.source_snapshot as select 'b+' as snapshot_sha256")
        made.executemany(
            "insert into meta.defect values (?, 'office', ?)",
            [list(row) for row in (*defects.items(), ("always", "b+"))],
        )
    return path


def test_a_defect_is_open_since_it_was_first_seen_and_mended_when_it_is_gone(
    home: Home, tmp_path: Path
) -> None:
    database = tmp_path / "w.duckdb"
    history.note_defects(home, warehouse(database, {"x": "a", "y": "b+"}), DAY.format(1))
    history.note_defects(home, warehouse(database, {"x": "a", "y": "b+"}), DAY.format(2))
    history.note_defects(home, warehouse(database, {}), DAY.format(3))
    ledger = history.read_defect_ledger(home)
    assert [(row["defect_id"], row["first_seen_at"]) for row in ledger["open"]] == [("always", DAY.format(1))]
    assert [(row["defect_id"], row["mended_at"], row["is_file_replaced"]) for row in ledger["mended"]] == [
        ("x", DAY.format(3), True), ("y", DAY.format(3), False),
    ]  # fmt: skip
    # One that comes back is open again, and known since it was first seen.
    history.note_defects(home, warehouse(database, {"x": "a"}), DAY.format(4))
    ledger = history.read_defect_ledger(home)
    assert [(row["defect_id"], row["first_seen_at"]) for row in ledger["open"]] == [
        ("always", DAY.format(1)), ("x", DAY.format(1)),
    ]  # fmt: skip
    assert [row["defect_id"] for row in ledger["mended"]] == ["y"]


def test_csv_of_defects_has_no_formula() -> None:
    row: dict[str, Any] = dict.fromkeys(
        ("severity", "source_id", "source_table", "file_name", "snapshot_sha256", "sheet", "row_no", "column_name", "cell",
         "expected", "expected_en", "since", "mended_at", "defect_id")
    )  # fmt: skip
    made = defects_csv(
        [row | {"state": "open", "found": "=1+1", "rule_words": explanation_of("body_missing")}]
    )
    assert made.startswith("\ufeff")
    (read,) = csv.DictReader(io.StringIO(made.removeprefix("\ufeff")))
    assert read["found"] == "'=1+1"


def test_chart_has_a_bar_a_gate_and_marks_what_blocked() -> None:
    from datetime import date

    assert gate_chart([]) is None
    chart = str(gate_chart([GateBar(date(2026, 11, 1), 2, 0), GateBar(date(2026, 11, 2), 3, 1)]))
    assert chart.count('class="gate-warn"') == 2
    assert "✗3" in chart


@pytest.mark.parametrize(
    "reference",
    [
        '<script src="https://cdn.example/new.js"></script>', '<link rel="stylesheet" href="//cdn.example/new.css">',
        '<img src="https://cdn.example/x.png">', "<style>p { background: url('https://cdn.example/x.png') }</style>",
        "<script src='https://cdn.example/x.js'></script>", "<script>vegaEmbed('#x', y)</script>",
    ],
)  # fmt: skip
def test_a_page_that_would_ask_something_new_outside_is_an_error(reference: str) -> None:
    with pytest.raises(DataDocsError):
        local_page(f"<html><head>{reference}</head><body></body></html>", "../", "../../quality.html")


def test_known_references_become_local() -> None:
    made = local_page(
        '<html><head><script src="https://code.jquery.com/jquery-3.7.1.min.js" integrity="x"></script>'
        '<script src="https://cdn.jsdelivr.net/npm/vega@5"></script></head><body class="x"></body></html>',
        "../", "../../quality.html",
    )  # fmt: skip
    assert '<script src="../static/jquery.min.js"></script>' in made
    assert "vega" not in made
    assert 'href="../../quality.html"' in made
