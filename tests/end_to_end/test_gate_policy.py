"""Every expectation of the gate, broken on purpose: one that blocks blocks, one that warns warns."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import duckdb
import pytest

from pipelines.quality import gate_process
from pipelines.quality.gate import MOST_FIGURES, GateReport, Suite, comparing_suites, load_suites, run_gate
from pipelines.quality.report import write_report
from tests.end_to_end.conftest import call

# What breaks each expectation of a suite, in their order; `previous:` changes the warehouse published before.
_MANY = (
    "select figure.* replace (observation_id || '#' || n as observation_id) "
    "from marts.fct_observation as figure, range({}) as r (n)"
)
_NO_CONSTRAINTS = "create or replace table {0} as select * from {0}"
BREAKS: dict[str, list[str]] = {
    "kpis": ["delete from marts.dim_kpi where kpi_id = 'advice_cases'"],
    "primary_targets": ["delete from marts.dim_target where measure_id = 'advice_cases' and is_primary"],
    "scorecard": [
        "insert into marts.dim_measure (measure_id) values ('x'); update marts.dim_measure set measure_id = null where measure_id = 'x'",
        "update marts.kpi_scorecard set grade = 'E' where measure_id = 'advice_cases'",
        "update marts.kpi_scorecard set status = 'fine' where measure_id = 'advice_cases'",
    ],
    "figures": [
        "update marts.fct_observation set citation_url = 'nowhere' where item_id = 'cloud_municipalities'",
        "update marts.fct_observation set snapshot_sha256 = 'abc' where item_id = 'cloud_municipalities'",
        "update marts.fct_observation set value = null where item_id = 'cloud_municipalities'",
        "update marts.fct_observation set known_on = date '1990-01-01' where item_id = 'cloud_municipalities'",
        "update marts.fct_observation set enters_verdict = true, observation_status = 'derived' where item_id = 'cloud_municipalities'",
    ],
    "figure_ids": [
        "delete from marts.fct_observation where item_id <> 'cloud_municipalities'",
        "update marts.fct_observation set observation_id = 'same' where item_id = 'cloud_municipalities'",
    ],
    "rates": ["update marts.fct_observation set value = 101 where item_id = 'asset_depreciation_rate' and value is not null"],
    "per_capita_cost": ["update marts.fct_observation set value = 9000 where item_id = 'per_capita_cost_accrual' and value is not null"],
    "prefectures": [
        "delete from marts.fct_observation where item_id = 'asset_depreciation_rate'",
        "delete from marts.fct_observation where item_id = 'asset_depreciation_rate' and area_code = '010006'",
    ],
    "trends": [
        "update marts.kpi_trend set statcan_class = null, class_reason = null",
        "update marts.kpi_trend set statcan_class = 'improving', class_reason = null",
        "update marts.kpi_trend set kendall_p = 2",
    ],
    "projections": [
        "update marts.kpi_projection set reason_code = null, projected_value = null",
        "update marts.kpi_projection set target_date = date '1990-01-01', projected_value = 1",
        "update marts.kpi_projection set probability_of_attainment = null, probability_reason = null",
        "update marts.kpi_projection set probability_of_attainment = 2",
        "update marts.kpi_projection set projected_value = 5, interval_low = 6, interval_high = 7",
        "update marts.kpi_projection set is_selected = true",
    ],
    "jumps": [
        "insert into marts.fct_observation by name select * replace (fiscal_year + 1 as fiscal_year, value + 6 as value, "
        "observation_id || '#' as observation_id) from marts.fct_observation "
        "where item_id = 'asset_depreciation_rate' and body_scope = 'each_body' and is_latest and fiscal_year = 2023"
    ],
    "peers": ["update marts.peer_comparison set missing_count = -1"],
    "continuity": ["delete from marts.fct_observation where item_id = 'cloud_municipalities'"],
    "size": ["previous:insert into marts.fct_observation by name " + _MANY.format(2)],
    "failing_tables": ["update meta.source_status set failure_rule = 'unreachable' where source_table = 'figures'"],
    "refused_tables": ["update meta.source_status set files_refused = 1, files_held = 0 where source_table = 'figures'"],
    "sources_published": [
        "previous:update marts.fct_observation set source_id = 'soumu__dx_survey' where item_id = 'cloud_municipalities'"
    ],
    "figures_by_source": [
        "previous:insert into marts.fct_observation by name " + _MANY.format(2) + " where source_id = 'mieruka__cited_figures'",
        "previous:insert into marts.fct_observation by name "
        + _MANY.format(1)
        + " where source_id = 'mieruka__cited_figures' and observation_status = 'forecast'",
    ],
    "verdicts": [
        "previous:update marts.kpi_scorecard set status = 'flat' where measure_id <> 'advice_cases'",
        "previous:update marts.kpi_scorecard set status = 'flat' where measure_id in "
        "(select measure_id from marts.kpi_scorecard order by measure_id limit 10)",
    ],
}  # fmt: skip
CASES = [
    (suite, number, BREAKS[suite.name][number])
    for suite in load_suites()
    if suite.name in BREAKS
    for number in range(min(len(suite.expectations), len(BREAKS[suite.name])))
]


def loosened(source: Path, target: Path) -> Path:
    """Copy a published warehouse without its constraints, which would refuse some of what is to be found."""
    shutil.copyfile(source, target)
    with duckdb.connect(str(target)) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('marts', 'meta')"
        ).fetchall()
        for (name,) in tables:
            connection.execute(_NO_CONSTRAINTS.format(name))
    return target


@pytest.fixture(scope="module")
def warehouse(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loosened(
        home / "published" / "mieruka.duckdb", tmp_path_factory.mktemp("gate") / "warehouse.duckdb"
    )


def judged(
    warehouse: Path, folder: Path, suite: Suite, change: str, accept: tuple[str, ...] = ()
) -> GateReport:
    """Break a copy of the warehouse, or of the one before, and let one suite judge it."""
    built, before = folder / "built.duckdb", folder / "before.duckdb"
    for path in (built, before):
        shutil.copyfile(warehouse, path)
    where = before if change.startswith("previous:") else built
    with duckdb.connect(str(where)) as connection:
        connection.execute(change.removeprefix("previous:"))
    return run_gate(built, before, [suite], accept)


def test_every_expectation_has_a_case_that_breaks_it() -> None:
    assert {suite.name: len(suite.expectations) for suite in load_suites()} == {
        name: len(cases) for name, cases in BREAKS.items()
    }


def test_the_published_warehouse_keeps_every_expectation_that_blocks(warehouse: Path) -> None:
    report = run_gate(warehouse, warehouse)
    assert report.blocking == []
    assert not any(outcome.error for outcome in report.outcomes)


@pytest.mark.parametrize(
    ("suite", "number", "change"), CASES, ids=[f"{suite.name}-{number}" for suite, number, _ in CASES]
)
def test_what_is_broken_blocks_or_warns_as_its_severity_says(
    warehouse: Path, tmp_path: Path, suite: Suite, number: int, change: str
) -> None:
    report = judged(warehouse, tmp_path, suite, change)
    outcome = report.outcomes[number]
    assert not outcome.success
    assert outcome.error is None
    assert outcome.blocks == (suite.expectations[number].severity == "block")
    assert (outcome in report.blocking) == outcome.blocks
    assert (outcome in report.warnings) != outcome.blocks
    if suite.figures:
        affected = report.affected[suite.name]
        # Too few figures are no figure's fault.
        assert bool(affected.count) == (
            "min_value: 1000" not in str(suite.expectations[number].kwargs).replace("'", "")
        )
        assert len(affected.figures) == min(affected.count, MOST_FIGURES)


BLOCKING = [
    (suite, change) for suite, number, change in CASES if suite.expectations[number].severity == "block"
]


@pytest.mark.parametrize(
    ("suite", "change"),
    [(suite, change) for suite, change in BLOCKING if suite.needs_previous],
    ids=lambda value: value.name if isinstance(value, Suite) else "",
)
def test_a_difference_known_to_be_right_is_published_with_a_warning(
    warehouse: Path, tmp_path: Path, suite: Suite, change: str
) -> None:
    report = judged(warehouse, tmp_path, suite, change, accept=(suite.name,))
    assert report.blocking == []
    assert any(outcome.severity == "block" for outcome in report.warnings)
    page = write_report(report, tmp_path / "reports", "run").read_text(encoding="utf-8")
    assert "accepted" in page


def test_only_comparisons_can_be_accepted(warehouse: Path, tmp_path: Path) -> None:
    suite = next(suite for suite in load_suites() if suite.name == "kpis")
    assert suite.name not in comparing_suites()
    assert judged(warehouse, tmp_path, suite, BREAKS["kpis"][0], accept=("kpis",)).blocking


def findings(report: GateReport) -> list[tuple[str, str, bool, bool]]:
    """Return what was found; the examples that a suite shows are in no order."""
    return [(entry.suite, entry.expectation, entry.success, entry.error is None) for entry in report.outcomes]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The id of a process that waits to judge, as in a command that has not imported what it needs."""
    with monkeypatch.context() as imported:
        imported.delitem(sys.modules, "great_expectations", raising=False)
        gate_process.get_ready()
    (process,) = [child for child in active_children() if child.name == "quality gate"]
    assert process.pid is not None
    yield process.pid
    gate_process.dismiss()


def test_the_gate_judges_in_a_process_of_its_own_as_it_does_here(waiting: int, warehouse: Path) -> None:
    assert findings(gate_process.judge(warehouse, warehouse)) == findings(run_gate(warehouse, warehouse))
    assert not Path(f"/proc/{waiting}").exists()


def test_what_the_process_cannot_read_is_an_error_here(waiting: int, tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error, match=r"absent\.duckdb"):
        gate_process.judge(tmp_path / "absent.duckdb", None)


def test_a_process_that_was_killed_is_not_missed(waiting: int, warehouse: Path) -> None:
    os.kill(waiting, signal.SIGKILL)
    assert findings(gate_process.judge(warehouse, None)) == findings(run_gate(warehouse, None))


def test_a_waiting_process_ends_with_the_one_that_would_have_asked(tmp_path: Path) -> None:
    script = (
        "from pipelines.quality import gate_process; import os, signal, multiprocessing; gate_process.get_ready(); "
        "print(multiprocessing.active_children()[0].pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    left = Path(f"/proc/{killed.stdout.strip()}/stat")
    deadline = time.monotonic() + 60
    while left.exists() and left.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_a_warehouse_before_nothing_is_compared(warehouse: Path) -> None:
    compared = {outcome.suite for outcome in run_gate(warehouse, None).outcomes}
    assert compared.isdisjoint(comparing_suites())


def test_a_deadline_that_passed_is_no_mass_change(warehouse: Path, tmp_path: Path) -> None:
    suite = next(suite for suite in load_suites() if suite.name == "verdicts")
    passed = (
        "previous:update marts.kpi_scorecard set status = 'flat', evaluated_on = date '2016-01-01' "
        "where target_date between date '2016-01-01' and evaluated_on"
    )
    report = judged(warehouse, tmp_path, suite, passed)
    assert all(outcome.success for outcome in report.outcomes)


def test_the_command_knows_which_comparisons_there_are(tmp_path: Path) -> None:
    result = call(tmp_path, "run", "--accept", "kpis")
    assert result.returncode == 2
    assert "verdicts" in result.stderr
    assert not (tmp_path / "published").exists()
