"""The flat views for BI, on the warehouse that `mieruka run` publishes, and the Parquet files with their types."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as parquet
import pytest
import yaml

from pipelines.publish.release import FLAT_VIEWS
from pipelines.settings import DBT_PROJECT_DIR

VIEWS = yaml.safe_load((DBT_PROJECT_DIR / "models" / "marts" / "bi.yml").read_text(encoding="utf-8"))[
    "models"
]


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view["name"])
def test_columns_are_ordinary_commented_and_as_described(
    warehouse: duckdb.DuckDBPyConnection, view: dict[str, object]
) -> None:
    columns = warehouse.execute(
        "select column_name, lower(replace(data_type, ',', ', ')), comment from duckdb_columns() "
        f"where schema_name = 'marts' and table_name = '{view['name']}' order by column_index"
    ).fetchall()
    described = [(entry["name"], entry["data_type"], entry["description"]) for entry in view["columns"]]  # type: ignore[attr-defined]
    assert columns == described
    assert not [name for name, kind, _ in columns if "[" in kind or "struct" in kind or "map" in kind]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view["name"])
def test_keys_are_keys_under_any_alias(home: Path, view: dict[str, dict[str, dict[str, list[str]]]]) -> None:
    key = ", ".join(view["config"]["meta"]["key"])
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'published' / 'mieruka.duckdb'}' as other (read_only)")
        rows = connection.execute(f"from other.marts.{view['name']} select count(*), count(distinct ({key}))")
        total, different = rows.fetchone() or (0, 1)
    assert total == different
    assert total > 0 or view["name"] == "bi_peers"


@pytest.mark.parametrize(
    ("view", "blank", "reason"),
    [
        ("bi_kpi_timeline", "value is null", "value_reason"),
        ("bi_kpi_timeline", "path_value is null", "path_reason"),
        ("bi_kpi_timeline", "progress is null", "progress_reason"),
        ("bi_kpi_timeline", "required_per_year is null", "required_reason"),
        ("bi_kpi_timeline", "projection_line is null or band_low is null", "projection_reason"),
        ("bi_kpi_timeline", "target_value is null or target_date is null", "target_reason"),
        ("bi_verdict_history", "path_value is null or projected_value is null or pace is null", "progress_reason"),
        ("bi_verdict_history", "actual_per_year is null", "progress_reason"),
        ("bi_verdict_history", "projected_attainment_date is null", "attainment_reason"),
        ("bi_verdict_history", "model_value is null", "model_reason"),
        ("bi_verdict_history", "model_low is null or model_high is null", "interval_reason"),
        ("bi_verdict_history", "model_probability is null", "probability_reason"),
        ("bi_scorecard", "latest_value is null", "value_reason"),
        ("bi_peers", "deviation_score is null", "suppressed_reason"),
    ],
)  # fmt: skip
def test_each_blank_has_its_reason(
    warehouse: duckdb.DuckDBPyConnection, view: str, blank: str, reason: str
) -> None:
    wrong = warehouse.execute(
        f"select count(*) from marts.{view} where ({blank}) <> ({reason} is not null)"
    ).fetchone()
    assert wrong == (0,)


def test_a_value_has_its_unit_and_its_source(warehouse: duckdb.DuckDBPyConnection) -> None:
    for view, value in (("bi_kpi_timeline", "value"), ("bi_scorecard", "latest_value")):
        assert warehouse.execute(
            f"select count(*) from marts.{view} where {value} is not null "
            "and (unit is null or citation_title_ja is null or citation_url is null)"
        ).fetchone() == (0,)


def test_nothing_is_judged_anew(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = "value, path_value, required_per_year, actual_per_year, projected_value, status, grade, reason_code, progress"
    keys = "measure_id, area_code, evaluated_on, target_version"
    for first, second in (("kpi_progress", "bi_verdict_history"), ("bi_verdict_history", "kpi_progress")):
        sides = [
            f"select {keys}, {columns} from marts.{name}"
            + (" where scheme = 'default' and is_primary" if name == "kpi_progress" else "")
            for name in (first, second)
        ]
        assert warehouse.execute(f"{sides[0]} except {sides[1]}").fetchall() == []
    assert (
        warehouse.execute(
            "select measure_id, status, grade, latest_value, target_value from marts.bi_scorecard except "
            "select measure_id, status, grade, latest_value, target_value from marts.kpi_scorecard"
        ).fetchall()
        == []
    )


def test_every_figure_of_the_newest_vintage_is_there_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    for view, table in (
        ("bi_area_figures", "fct_observation where is_latest"),
        ("bi_peers", "peer_comparison"),
        ("bi_scorecard", "kpi_scorecard"),
    ):
        counts = warehouse.execute(
            f"select (select count(*) from marts.{view}), (select count(*) from marts.{table})"
        ).fetchone()
        assert counts is not None
        assert counts[0] == counts[1]


def test_the_path_of_the_cloud_can_be_drawn(warehouse: duckdb.DuckDBPyConnection) -> None:
    drawn = warehouse.execute(
        "select date::varchar, point_ja, value::integer, round(path_value), status_ja from marts.bi_kpi_timeline "
        "where measure_id = 'cloud_municipalities' order by date"
    ).fetchall()
    assert drawn == [
        ("2014-04-01", "基準値", 550, 550, "基準値のみ"), ("2016-04-01", "数値", 787, 775, "計画以上"),
        ("2017-04-01", "数値", 948, 888, "計画以上"), ("2018-03-31", "数値", 1013, 1000, "達成"),
    ]  # fmt: skip
    deadline = warehouse.execute(
        "select date::varchar, value, value_reason_ja, path_value from marts.bi_kpi_timeline "
        "where measure_id = 'gov_system_operating_cost' and point = 'deadline'"
    ).fetchall()
    assert deadline == [("2022-03-31", None, "期限の日の数値がない", -30)]


def test_every_word_of_the_views_is_known(warehouse: duckdb.DuckDBPyConnection) -> None:
    for view, word, text in (
        ("bi_verdict_history", "status", "status_ja"), ("bi_verdict_history", "reason_code", "reason_ja"),
        ("bi_kpi_timeline", "value_reason", "value_reason_ja"), ("bi_kpi_timeline", "progress_reason", "progress_reason_ja"),
        ("bi_verdict_history", "projection_model", "projection_model_ja"), ("bi_area_figures", "area_type", "area_type_ja"),
        ("bi_area_figures", "statistic", "statistic_ja"), ("bi_peers", "peer_scheme", "peer_scheme_ja"),
        ("bi_freshness", "freshness", "freshness_ja"), ("bi_freshness", "freshness_basis", "freshness_basis_ja"),
    ):  # fmt: skip
        assert (
            warehouse.execute(f"select distinct {word} from marts.{view} where {text} = {word}").fetchall()
            == []
        )


def test_parquet_has_types_and_says_what_it_is(home: Path) -> None:
    for name in FLAT_VIEWS:
        assert (home / "published" / "parquet" / f"{name}.parquet").is_file()
    file = parquet.ParquetFile(home / "published" / "parquet" / "fct_observation.parquet")
    types = {field.name: str(field.type) for field in file.schema_arrow}
    assert (types["value"], types["as_of_date"], types["area_code"], types["is_latest"]) == (
        "decimal128(38, 10)", "date32[day]", "string", "bool",
    )  # fmt: skip
    assert types["retrieved_at"] == "timestamp[us, tz=UTC]"
    about = {key.decode(): text.decode() for key, text in file.metadata.metadata.items()}
    version = (home / "published" / "current").resolve().name
    assert about["mieruka_version"] == version
    assert about["mieruka_table"] == "marts.fct_observation"
    assert about["description_ja"]


def test_no_column_of_parquet_is_untyped_text_for_a_number_or_day(home: Path) -> None:
    for path in (home / "published" / "parquet").glob("*.parquet"):
        for field in parquet.read_schema(path):
            kind = str(field.type)
            if field.name.endswith(("_on", "_date")):
                assert kind == "date32[day]", f"{path.name}.{field.name}"
            if field.name.endswith("_code") and field.name.startswith(("area", "prefecture")):
                assert kind == "string", f"{path.name}.{field.name}"
            if field.name.startswith(("is_", "has_")):
                assert kind == "bool", f"{path.name}.{field.name}"


def test_an_open_reader_hinders_no_publication_and_sees_the_next_when_it_opens_again(
    home: Path, tmp_path: Path
) -> None:
    published = Path(shutil.copy(home / "published" / "mieruka.duckdb", tmp_path / "mieruka.duckdb"))
    newer = Path(shutil.copy(published, tmp_path / "newer.duckdb"))
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update marts.dim_measure set unit = 'new'")
    units = "select distinct unit from marts.bi_scorecard order by unit"
    reader = duckdb.connect(str(published), read_only=True)
    before = reader.execute(units).fetchall()
    newer.replace(published)
    assert reader.execute(units).fetchall() == before
    reader.close()
    with duckdb.connect(str(published), read_only=True) as again:
        assert again.execute(units).fetchall() == [("new",)]
