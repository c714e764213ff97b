"""What differs between two published databases: found, told in words, and kept in the newer one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.publish.change_report import ChangeReport
from pipelines.publish.differences import NotPublishedDatabaseError, Side, attach, compare, counts
from pipelines.settings import Home
from tests.small_warehouse import publish_small, small_build

NOTHING = {"added": 0, "removed": 0}


@pytest.fixture
def differences(tmp_path: Path) -> Iterator[Any]:
    """Return a maker of the report between the small warehouse and a changed one."""
    opened: list[duckdb.DuckDBPyConnection] = []

    def make(*changes: str, before: tuple[str, ...] = ()) -> ChangeReport:
        old, new = (Home(tmp_path / f"{name}{len(opened)}") for name in ("old", "new"))
        small_build(old, *before)
        small_build(new, *changes)
        connection = duckdb.connect()
        opened.append(connection)
        for name, home in (("o", old), ("n", new)):
            attach(connection, home.build_database, name)
        sides = Side("o", "before"), Side("n", "after")
        compare(connection, *sides)
        return ChangeReport(connection, *sides)

    yield make
    for connection in opened:
        connection.close()


def content(report: ChangeReport) -> dict[str, Any]:
    return dict(json.loads("".join(report.json_parts())))


def test_equal_databases_differ_in_nothing(differences: Any) -> None:
    counted = counts(differences().connection)
    assert not any(number for kinds in counted.values() for number in kinds.values())


def test_a_revised_figure_is_told_with_both_values_and_its_place(differences: Any) -> None:
    report = differences(
        "update marts.fct_observation set value = 2, raw_text = '2', observation_id = 'other', cell = 'D9' "
        "where area_code = '131016'"
    )
    assert counts(report.connection)["figures"] == {"added": 0, "revised": 1, "removed": 0}
    (figure,) = content(report)["figures"]
    assert (figure["change"], figure["old_value"], figure["new_value"]) == ("revised", 1, 2)
    assert figure["changed_columns"] == ["value"]
    assert (figure["old_observation_id"], figure["new_observation_id"]) == ("clouds-131016", "other")
    assert (figure["source_id"], figure["sheet"], figure["cell"]) == ("office", "sheet", "D9")
    words = report.words()
    assert words["ja"] == [
        "数値 改定: クラウド導入団体 (clouds) 団体(131016) 2026-03-31 1団体 → 2団体 (office sheet D9 https://office.example/clouds)"
    ]
    assert words["en"] == [
        "figure revised: Bodies in the cloud (clouds) 団体(131016) 2026-03-31 1 → 2 (office sheet D9 https://office.example/clouds)"
    ]


def test_the_same_value_in_a_newer_file_is_no_change(differences: Any) -> None:
    report = differences(
        "insert into marts.fct_observation select * replace (repeat('b', 64) as snapshot_sha256, 'E1' as cell) "
        "from marts.fct_observation",
        "update marts.fct_observation set is_latest = false where snapshot_sha256 = repeat('a', 64)",
        "insert into meta.source_snapshot values (repeat('b', 64), 'office', 'clouds.csv')",
    )
    counted = counts(report.connection)
    assert counted["figures"] == {"added": 0, "revised": 0, "removed": 0}
    assert counted["files"] == {"added": 1, "changed": 0, "removed": 0}


def test_a_final_figure_in_the_place_of_a_preliminary_one_is_a_revision(differences: Any) -> None:
    report = differences(before=("update marts.fct_observation set observation_status = 'preliminary'",))
    figures = content(report)["figures"]
    assert {(entry["change"], *entry["changed_columns"]) for entry in figures} == {
        ("revised", "observation_status")
    }


def test_figures_that_come_and_go_are_added_and_removed(differences: Any) -> None:
    report = differences(
        "update marts.fct_observation set as_of_date = date '2027-03-31' where area_code = '325252'"
    )
    found = {(entry["change"], entry["as_of_date"]) for entry in content(report)["figures"]}
    assert found == {("removed", "2026-03-31"), ("added", "2027-03-31")}


def test_a_document_that_prints_a_figure_twice_is_compared_once_each(differences: Any) -> None:
    twice = (
        "insert into marts.fct_observation select * exclude (page_no) replace ('doc' as document_id, "
        "'p' || page_no as page, page_no as value, page_no = 1 as is_latest, 'doc-' || page_no as observation_id) "
        "from marts.fct_observation, (values (1), (2)) as pages (page_no) where area_code = '000000'"
    )
    unchanged = differences(twice, before=(twice,))
    assert counts(unchanged.connection)["figures"] == {"added": 0, "revised": 0, "removed": 0}
    changed = differences(
        twice, "update marts.fct_observation set value = 3 where observation_id = 'doc-2'", before=(twice,)
    )
    (figure,) = content(changed)["figures"]
    assert (figure["old_value"], figure["new_value"]) == (2, 3)


def test_a_verdict_names_the_figure_that_changed_it(differences: Any) -> None:
    report = differences(
        "update marts.fct_observation set value = 1001, observation_id = 'more' where area_code = '000000'",
        "update marts.kpi_progress set status = 'achieved', grade = 'A', observation_id = 'more'",
        "update marts.kpi_verdict set status = 'achieved', grade = 'A'",
    )
    told = content(report)
    (verdict,) = told["verdicts"]
    assert [verdict[name] for name in ("old_status", "old_grade", "new_status", "new_grade")] == [
        "behind", "B", "achieved", "A",
    ]  # fmt: skip
    assert (verdict["cause"], verdict["cause_observation_id"], verdict["cause_value"]) == (
        "figure",
        "more",
        1001,
    )
    assert told["kpis"][0]["new_status"] == "achieved"
    assert "B 遅れ → A 達成" in told["words"]["ja"][1]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (("update marts.kpi_progress set target_value = 2000",), "target"),
        (("update marts.kpi_progress set evaluated_on = date '2026-11-24'",), "calendar"),
        ((), "rule"),
        (("update marts.fct_observation set value = 7 where area_code = '000000'",), "figure"),
        (("update marts.fct_observation set value = 7 where area_code = '131016'",), "rule"),
    ],
)
def test_a_verdict_says_why_it_changed(differences: Any, changes: tuple[str, ...], cause: str) -> None:
    report = differences("update marts.kpi_progress set status = 'missed'", *changes)
    assert [entry["cause"] for entry in content(report)["verdicts"]] == [cause]


def test_targets_series_and_areas_that_change_are_told_column_by_column(differences: Any) -> None:
    report = differences(
        "update marts.dim_target set target_value = 1200",
        "insert into marts.dim_series values ('clouds__second', 'clouds', '二つ目の定義')",
        "delete from marts.dim_area where area_code = '325252'",
    )
    told = content(report)
    assert told["targets"][0]["changed_columns"] == ["target_value"]
    assert (told["targets"][0]["old"]["target_value"], told["targets"][0]["new"]["target_value"]) == (
        1000,
        1200,
    )
    assert [(entry["change"], entry["key"]) for entry in told["series"]] == [
        ("added", {"series_id": "clouds__second"})
    ]
    assert [(entry["change"], entry["key"]["area_code"]) for entry in told["areas"]] == [
        ("removed", "325252")
    ]
    assert "目標 変更: clouds_measure plan 千団体 target_value: 1000 → 1200" in told["words"]["ja"]


def test_a_version_that_lacks_columns_and_tables_can_be_compared(differences: Any) -> None:
    report = differences(
        before=(
            "alter table marts.fct_observation drop column citation_title_ja",
            "alter table marts.dim_target drop column target_text_ja",
            "drop table marts.dim_series",
        )
    )
    counted = counts(report.connection)
    assert counted["figures"] == {"added": 0, "revised": 0, "removed": 0}
    assert counted["targets"]["changed"] == 0
    assert counted["series"]["added"] == 1


def test_another_database_is_refused(tmp_path: Path) -> None:
    other, text = tmp_path / "other.duckdb", tmp_path / "text.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table unrelated (one integer)")
    text.write_text("no database", encoding="utf-8")
    with duckdb.connect() as connection:
        for path in (other, text):
            with pytest.raises(NotPublishedDatabaseError):
                attach(connection, path, "o")


def test_the_newest_version_holds_what_it_changed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish_small(home, 1)
    run = publish_small(home, 2, "update marts.fct_observation set value = 5 where area_code = '131016'")
    assert (run.sources_changed, run.figures_changed) == (0, 1)
    with duckdb.connect(str(home.published_database), read_only=True) as connection:
        assert connection.execute(
            "select since_version, change, area_code, old_value, new_value from meta.figure_change"
        ).fetchall() == [("20261123T000001+0900", "revised", "131016", 1, 5)]
        assert connection.execute("select count(*) from meta.verdict_change").fetchone() == (0,)
    kept = json.loads((home.published / "current" / "diff.json").read_text(encoding="utf-8"))
    assert kept["counts"]["figures"] == {"added": 0, "revised": 1, "removed": 0}
    assert kept["figures_are_complete"] is True


def test_of_many_figures_the_json_says_that_it_shows_the_first(differences: Any) -> None:
    report = differences("update marts.fct_observation set value = 5")
    told = json.loads("".join(report.json_parts(2)))
    assert told["counts"]["figures"]["revised"] == 3
    assert len(told["figures"]) == 2
    assert told["figures"][0]["area_code"] == "000000"
    assert told["figures_are_complete"] is False
