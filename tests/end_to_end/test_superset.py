"""The bundle for Apache Superset, imported into a real one and asked through its API.

On request only: MIERUKA_SUPERSET names the virtual environment that Superset is installed in (docs/bi/superset.md).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import PROJECT_ROOT
from tests.superset_server import Superset, superset

BUILDER = PROJECT_ROOT / "docs" / "bi" / "build_superset_bundle.py"


@pytest.fixture(scope="module")
def published(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    return Path(shutil.copy(home / "published" / "mieruka.duckdb", folder / "mieruka.duckdb"))


@pytest.fixture(scope="module")
def server(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    folder = tmp_path_factory.mktemp("superset")
    with superset(Path(os.environ["MIERUKA_SUPERSET"]), folder) as running:
        assert running.upload("/api/v1/dashboard/import/", "formData", bundle(folder, published)) == {
            "message": "OK"
        }
        yield running


def bundle(folder: Path, database: Path, *options: str) -> bytes:
    target = folder / "bundle.zip"
    subprocess.run([sys.executable, BUILDER, target, "--database", database, *options], check=True)
    return target.read_bytes()


def test_every_chart_has_rows_from_the_warehouse(server: Superset) -> None:
    charts = server.charts()
    assert len(charts) == 8
    for name in ("成績表", "公表物の鮮度", "判定の内訳（指標の数）"):
        assert server.rows(charts[name]), name
    line = server.filtered(charts["指標の推移と計画の線"], "measure_name_ja", "クラウド導入市区町村数")
    assert [(row["数値"], row["計画の線"]) for row in sorted(line, key=lambda row: row["date"])] == [
        (550, 550), (787, pytest.approx(775.308219)), (948, pytest.approx(887.808219)), (1013, 1000),
    ]  # fmt: skip
    assert len(server.filtered(charts["その数値と出典"], "measure_name_ja", "クラウド導入市区町村数")) == 4
    for name in ("団体の種類ごとの分布", "都道府県の地図", "都道府県の順位（大きい順。評価ではない）"):
        server.rows(charts[name])


def test_the_scorecard_is_that_of_the_warehouse(server: Superset, published: Path) -> None:
    shown = [(row["measure_name_ja"], row["status_ja"]) for row in server.rows(server.charts()["成績表"])]
    with duckdb.connect(str(published), read_only=True) as connection:
        held = connection.execute(
            "select measure_name_ja, status_ja from marts.bi_scorecard order by display_order"
        ).fetchall()
    assert shown == held


def test_several_measures_are_never_mixed_in_one_line(server: Superset) -> None:
    rows = server.rows(server.charts()["指標の推移と計画の線"])
    days = [row["date"] for row in rows]
    assert len(days) == len(set(days))
    with_value = [row for row in rows if row["数値"] is not None]
    assert len(with_value) < len(rows)


def test_the_dashboard_is_there_with_its_filters(server: Superset) -> None:
    dashboard = server.call("GET", "/api/v1/dashboard/mieruka")["result"]
    assert dashboard["dashboard_title"] == "改革工程表の進捗（見える化）"
    assert {"指標", "項目"} <= {
        entry["name"] for entry in json.loads(dashboard["json_metadata"])["native_filter_configuration"]
    }


@pytest.mark.parametrize(
    "statement", ["create table marts.mine as select 1", "select * from read_text('/etc/passwd')"]
)
def test_sql_lab_neither_writes_nor_reads_files(server: Superset, statement: str) -> None:
    (database,) = server.call("GET", "/api/v1/database/")["result"]
    with pytest.raises(AssertionError):
        server.call(
            "POST", "/api/v1/sqllab/execute/",
            {"database_id": database["id"], "sql": statement, "schema": "marts", "runAsync": False},
        )  # fmt: skip


def test_a_publication_by_rename_is_seen_at_once(server: Superset, published: Path, tmp_path: Path) -> None:
    newer = tmp_path / "mieruka.duckdb"
    shutil.copy(published, newer)
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update marts.dim_measure set unit = '新しい版'")
    server.rows(server.charts()["成績表"])
    newer.replace(published)
    assert {row["unit"] for row in server.rows(server.charts()["成績表"])} == {"新しい版"}


def test_a_renewed_bundle_takes_the_place_of_the_old_one(
    server: Superset, published: Path, tmp_path: Path
) -> None:
    before = server.charts()
    server.upload("/api/v1/assets/import/", "bundle", bundle(tmp_path, published, "--renew"))
    assert server.charts() == before
