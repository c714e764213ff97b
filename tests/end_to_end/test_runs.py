"""Runs that meet trouble: bad rows, bad files, a gate that closes, a kill at any moment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines.lock import exclusive
from pipelines.settings import Home
from tests.end_to_end.conftest import ROOT, call

CITED = ROOT / "sources" / "mieruka__cited_figures"


@pytest.fixture
def copy_of_home(home: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    return copy


def figures_of(home: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select item_id, area_code, as_of_date, value, observation_status from marts.fct_observation order by all"
        ).fetchall()


def verdicts_of(home: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select measure_id, area_code, target_version, scheme, status, reason_code, value from marts.kpi_progress order by all"
        ).fetchall()


def changed_origin(tmp_path: Path, old: str, new: str, file: str = "figures.csv") -> Path:
    origin = tmp_path / "origin" / "mieruka__cited_figures"
    origin.mkdir(parents=True)
    text = (CITED / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (origin / file).write_text(text.replace(old, new), encoding="utf-8")
    return origin.parent


CLOUD_728 = "municipalities,count,平成27年4月1日,printed,,728,,,団体,reported,final,false,,true,"


def test_a_malformed_row_is_refused_and_the_rest_is_published(copy_of_home: Path, tmp_path: Path) -> None:
    before = figures_of(copy_of_home)
    origin = changed_origin(tmp_path, CLOUD_728, CLOUD_728.replace("728", "七二八"))
    result = call(copy_of_home, "run", "--origin", str(origin))
    assert result.returncode == 0
    assert "「七二八」" in result.stderr
    after = figures_of(copy_of_home)
    assert len(after) == len(before) - 1
    with duckdb.connect(str(copy_of_home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        defects = connection.execute(
            "select source_id, row_no, column_name, rule, found, severity from meta.defect"
        ).fetchall()
        runs = connection.execute(
            "select outcome, sources_changed, figures_changed from meta.run order by started_at"
        ).fetchall()
    assert defects == [("mieruka__cited_figures", 10, "value", "not_decimal", "七二八", "error")]
    assert runs[-1][0] == "published"
    assert runs[-1][1] == 1


def test_a_changed_figure_is_published_and_counted(copy_of_home: Path, tmp_path: Path) -> None:
    origin = changed_origin(tmp_path, CLOUD_728, CLOUD_728.replace("728", "729"))
    assert call(copy_of_home, "run", "--origin", str(origin)).returncode == 0
    # The night after builds only what the file leads to: the one before has built the home in its new place whole.
    figures = origin / "mieruka__cited_figures" / "figures.csv"
    figures.write_text(figures.read_text(encoding="utf-8").replace(",,729,,,", ",,730,,,"), encoding="utf-8")
    assert call(copy_of_home, "run", "--origin", str(origin)).returncode == 0
    with duckdb.connect(str(copy_of_home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        assert connection.execute(
            "select figures_changed from meta.run order by started_at desc limit 2"
        ).fetchall() == [(1,), (1,)]
        assert connection.execute(
            "select value from marts.fct_observation "
            "where item_id = 'cloud_municipalities' and as_of_date = date '2015-04-01' and is_latest"
        ).fetchall() == [(730,)]
        assert connection.execute("select old_value, new_value from meta.figure_change").fetchall() == [
            (729, 730)
        ]
        held = connection.execute(
            "select count(*) from meta.source_snapshot where file_name = 'figures.csv'"
        ).fetchone()
    assert held == (3,)


def test_a_file_that_is_refused_whole_leaves_its_last_good_figures(
    copy_of_home: Path, tmp_path: Path
) -> None:
    before = figures_of(copy_of_home)
    origin = changed_origin(tmp_path, "item_id,series_id,area_code", "item_id,series_id,area_kode")
    result = call(copy_of_home, "run", "--origin", str(origin))
    assert result.returncode == 0
    assert "area_kode" in result.stderr
    assert figures_of(copy_of_home) == before


def test_the_gate_keeps_an_unfit_warehouse_from_readers(copy_of_home: Path, tmp_path: Path) -> None:
    before = (copy_of_home / "published" / "mieruka.duckdb").read_bytes()
    origin = tmp_path / "origin" / "cao__reform_roadmap_2017"
    origin.mkdir(parents=True)
    lines = (
        (ROOT / "sources" / "cao__reform_roadmap_2017" / "kpis.csv").read_text(encoding="utf-8").splitlines()
    )
    (origin / "kpis.csv").write_text(
        "\n".join(line for line in lines if not line.startswith("advice_cases,")), encoding="utf-8"
    )
    result = call(copy_of_home, "run", "--origin", str(origin.parent))
    assert result.returncode == 1
    assert "公開しませんでした" in result.stderr
    assert (copy_of_home / "published" / "mieruka.duckdb").read_bytes() == before
    history = (copy_of_home / "state" / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(history[-1])["outcome"] == "failed"


@pytest.mark.parametrize("arguments", [["run"], ["fetch"]])
def test_a_second_run_at_the_same_time_is_refused(copy_of_home: Path, arguments: list[str]) -> None:
    with exclusive(Home(copy_of_home)):
        second = call(copy_of_home, *arguments)
        reading = call(copy_of_home, "status")
    assert second.returncode == 1
    assert "別の実行がこの倉庫を書いています" in second.stderr
    assert reading.returncode == 0
    assert call(copy_of_home, *arguments).returncode == 0


def test_a_reader_with_the_old_file_open_is_not_disturbed(copy_of_home: Path) -> None:
    with duckdb.connect(str(copy_of_home / "published" / "mieruka.duckdb"), read_only=True) as reader:
        first = reader.execute(
            "select count(*), sum(hash(observation_id)) from marts.fct_observation"
        ).fetchone()
        inode = (copy_of_home / "published" / "mieruka.duckdb").stat().st_ino
        assert call(copy_of_home, "run", "--full").returncode == 0
        assert (copy_of_home / "published" / "mieruka.duckdb").stat().st_ino != inode
        assert (
            reader.execute("select count(*), sum(hash(observation_id)) from marts.fct_observation").fetchone()
            == first
        )


def test_within_a_limit_of_memory_the_same_is_published(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"DBT_TARGET": "limited", "MEMORY_LIMIT": "500MB", "TEMP_LIMIT": "2GB", "THREADS": "1"}
    for name, value in limits.items():
        monkeypatch.setenv(f"MIERUKA_{name}", value)
    result = call(tmp_path / "home", "run")
    assert result.returncode == 0, result.stderr
    assert figures_of(tmp_path / "home") == figures_of(home)
    assert verdicts_of(tmp_path / "home") == verdicts_of(home)
