"""The metrics, asked through MetricFlow and compared with SQL on the marts. On request only: MIERUKA_METRICFLOW=1."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import DBT_PROJECT_DIR


@pytest.fixture(scope="module")
def published(home: Path) -> Path:
    """Return the published database: of a home with publishers' figures when MIERUKA_METRICFLOW names one."""
    named = Path(os.environ["MIERUKA_METRICFLOW"])
    return (named if (named / "published").is_dir() else home) / "published" / "mieruka.duckdb"


@pytest.fixture(scope="module")
def project(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics") / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, folder, ignore=shutil.ignore_patterns("target", "logs"))
    run(folder, published, "dbt", "parse", "--quiet")
    return folder


def run(project: Path, published: Path, name: str, *arguments: str) -> str:
    environment = {
        **os.environ, "MIERUKA_DBT_TARGET": "published", "MIERUKA_PUBLISHED_DATABASE": str(published),
        "DBT_PROFILES_DIR": str(project), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }  # fmt: skip
    line = [str(Path(sys.executable).parent / name), *arguments]
    done = subprocess.run(line, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def asked(project: Path, published: Path, *arguments: str) -> list[tuple[str, ...]]:
    """Return what `mf query` answers, as sorted rows of texts."""
    target = project / "answer.csv"
    run(project, published, "mf", "query", *arguments, "--csv", str(target))
    with target.open(encoding="utf-8", newline="") as stream:
        return sorted(tuple(row) for row in list(csv.reader(stream))[1:])


def held(published: Path, statement: str) -> list[tuple[str, ...]]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return sorted(tuple(str(value) for value in row) for row in connection.execute(statement).fetchall())


def test_the_configuration_is_valid_against_the_warehouse(project: Path, published: Path) -> None:
    said = run(project, published, "mf", "validate-configs")
    assert said.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") >= 5


def test_measures_by_letter(project: Path, published: Path) -> None:
    answer = asked(project, published, "--metrics", "measures", "--group-by", "measure__grade")
    assert answer == held(published, "select grade, count(*) from marts.kpi_scorecard group by 1")


def test_share_of_measures_in_progress(project: Path, published: Path) -> None:
    answer = asked(project, published, "--metrics", "share_of_measures_in_progress,publications_overdue")
    expected = held(
        published,
        "select count(*) filter (grade = 'A') / count(*) filter (grade in ('A', 'B')), "
        "(select count(*) from meta.publication_status where freshness = 'overdue') from marts.kpi_scorecard",
    )
    assert [[float(value) for value in row] for row in answer] == [
        [float(value) for value in row] for row in expected
    ]


def test_figures_by_kind_of_area(project: Path, published: Path) -> None:
    answer = asked(
        project, published, "--metrics", "figures,figures_without_value", "--group-by", "figure__area_type"
    )
    expected = held(
        published,
        "select area_type, count(*), nullif(count(*) filter (value is null), 0) "
        "from marts.fct_observation join (select distinct on (area_code) area_code, area_type from marts.dim_area "
        "order by area_code, valid_from desc) using (area_code) where is_latest group by 1",
    )
    assert [[text.removesuffix(".0") or "None" for text in row] for row in answer] == [
        list(row) for row in expected
    ]


def test_population_and_its_change_by_prefecture(project: Path, published: Path) -> None:
    expected = held(
        published,
        """
        with population as (
            select prefecture_name_ja as name, as_of_date, value from marts.bi_area_figures
            where series_id = 'population__ssds' and area_type = 'prefecture'
        )
        select now.name, year(now.as_of_date), now.value::bigint, (now.value - before.value)::bigint
        from population as now join population as before
            on now.name = before.name and year(now.as_of_date) = year(before.as_of_date) + 1
        """,
    )
    if not expected:
        pytest.skip("this warehouse holds no population of prefectures: name a home in MIERUKA_METRICFLOW")
    answer = asked(
        project, published, "--metrics", "population_of_prefectures,population_of_prefectures_change",
        "--group-by", "metric_time__year,figure__prefecture",
    )  # fmt: skip
    found = sorted(
        (name, year[:4], str(int(float(value))), str(int(float(change))))
        for year, name, value, change in answer
        if value and change
    )
    assert found == expected
