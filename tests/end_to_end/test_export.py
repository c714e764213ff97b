"""What `mieruka export` gives: files that a spreadsheet, a validator and a program on the web can use without us."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import feedparser
import openpyxl
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from pipelines.export import run
from pipelines.export.tables import Selection
from pipelines.publish.datapackage import field_type
from pipelines.settings import SOURCES_DIR

Mieruka = Callable[..., subprocess.CompletedProcess[str]]
Package = dict[str, Any]


@pytest.fixture(scope="module")
def folder(mieruka: Mieruka, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything, as CSV and Parquet with its package."""
    target = tmp_path_factory.mktemp("export")
    result = mieruka("export", "--to", str(target), "--format", "csv,parquet")
    assert result.returncode == 0, result.stderr
    return target


@pytest.fixture(scope="module")
def web(mieruka: Mieruka, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API with feed and catalog, for an address."""
    target = tmp_path_factory.mktemp("web")
    result = mieruka(
        "export", "--to", str(target), "--format", "api", "--base-url", "https://data.example.jp/m"
    )
    assert result.returncode == 0, result.stderr
    return target


@pytest.fixture(scope="module")
def published(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield connection


def package_in(folder: Path) -> Package:
    content: Package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return content


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_every_table_is_there_in_every_format(folder: Path, published: duckdb.DuckDBPyConnection) -> None:
    tables = published.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    ).fetchall()
    expected = {row[0] for row in tables} | {"dim_area_current"}
    assert {path.stem for path in (folder / "csv").iterdir()} == expected
    assert {path.stem for path in (folder / "parquet").iterdir()} == expected
    for name in expected:
        rows = one(published, f"select count(*) from marts.{name}")
        assert len(rows_of(folder / "csv" / f"{name}.csv")) == rows
        assert one(published, f"select count(*) from '{folder / 'parquet' / f'{name}.parquet'}'") == rows


def test_csv_says_what_the_warehouse_says(folder: Path, published: duckdb.DuckDBPyConnection) -> None:
    written = {row["observation_id"]: row for row in rows_of(folder / "csv" / "fct_observation.csv")}
    query = "select observation_id, area_code, value, as_of_date, citation_url, raw_text from marts.fct_observation"
    for identifier, code, value, day, url, raw in published.execute(query).fetchall():
        row = written[identifier]
        assert row["area_code"] == code
        assert (float(row["value"]) if row["value"] else None) == (None if value is None else float(value))
        assert row["as_of_date"] == ("" if day is None else day.isoformat())
        assert row["citation_url"] == url
        assert row["raw_text"] in (raw or "", f"'{raw}")


def test_package_has_types_keys_units_and_citations(folder: Path) -> None:
    package = package_in(folder)
    resources = {resource["name"]: resource for resource in package["resources"]}
    figures = resources["fct_observation.csv"]
    fields = {entry["name"]: entry for entry in figures["schema"]["fields"]}
    assert fields["area_code"]["type"] == "string"
    assert fields["as_of_date"]["type"] == "date"
    assert fields["value"] | {"unit_in": "unit", "type": "number"} == fields["value"]
    assert figures["schema"]["primaryKey"] == ["observation_id"]
    keys = {tuple(key["fields"]): key["reference"]["resource"] for key in figures["schema"]["foreignKeys"]}
    assert keys["item_id",] == "dim_item.csv"
    assert keys["area_code",] == "dim_area_current.csv"
    assert keys["value_status", "observation_status"] == "dim_observation_status.csv"
    assert all(
        source["citation"].endswith("を加工して作成") and source["licence"] for source in package["sources"]
    )
    assert package["created"].endswith("+09:00")
    for resource in package["resources"]:
        assert resource["bytes"] == (folder / resource["path"]).stat().st_size
        for field in resource["schema"]["fields"]:
            assert field["description"], (resource["name"], field["name"])
            assert field["description_en"], (resource["name"], field["name"])


def test_stated_keys_are_true_of_the_files(folder: Path) -> None:
    with duckdb.connect() as connection:
        package = package_in(folder)
        paths = {entry["name"]: folder / entry["path"] for entry in package["resources"]}
        for entry in package["resources"]:
            if entry["format"] != "parquet":
                continue
            columns = ", ".join(entry["schema"]["primaryKey"])
            rows = one(connection, f"select count(*) from '{paths[entry['name']]}'")
            assert (
                one(
                    connection,
                    f"select count(*) from (select distinct {columns} from '{paths[entry['name']]}')",
                )
                == rows
            )
            for key in entry["schema"].get("foreignKeys", []):
                fields = ", ".join(key["fields"])
                present = " and ".join(f"{field} is not null" for field in key["fields"])
                child, parent = paths[entry["name"]], paths[key["reference"]["resource"]]
                lost = f"select count(*) from (select {fields} from '{child}' where {present}) anti join '{parent}' using ({fields})"
                assert one(connection, lost) == 0, (entry["name"], key)


def test_parquet_has_the_types_that_the_package_states(folder: Path) -> None:
    with duckdb.connect() as connection:
        for entry in package_in(folder)["resources"]:
            if entry["format"] == "parquet":
                described = connection.execute(
                    f"describe select * from '{folder / entry['path']}'"
                ).fetchall()
                stated = [(field["name"], field["type"]) for field in entry["schema"]["fields"]]
                assert [(row[0], field_type(row[1], "parquet")) for row in described] == stated


def test_one_town_in_one_workbook(mieruka: Mieruka, tmp_path: Path) -> None:
    """Sapporo's code begins with a nought, which a spreadsheet program loves to lose."""
    result = mieruka(
        "export", "--to", str(tmp_path), "--format", "xlsx,csv", "--prefecture", "01", "--lang", "ja"
    )
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.glob("xlsx/*"))
    book = openpyxl.load_workbook(tmp_path / "mieruka.xlsx")
    assert {"はじめに", "列の説明", "出典"} <= set(book.sheetnames)
    for name in set(book.sheetnames) - {"はじめに", "列の説明", "出典", "引用した文書"}:
        header = [cell.value for cell in book[name][2]]
        at = header.index("area_code")
        codes = {row[at].value for row in book[name].iter_rows(min_row=3)}
        assert codes, name
        assert all(code.startswith("01") and len(code) == 6 for code in codes), name
    assert {row["area_code"][:2] for row in rows_of(tmp_path / "csv" / "fct_observation.csv")} <= {"01"}


def test_figures_of_the_nation_have_names_units_and_real_dates(mieruka: Mieruka, tmp_path: Path) -> None:
    result = mieruka(
        "export", "--to", str(tmp_path), "--format", "xlsx", "--table", "figures", "--area", "000000",
        "--item", "cloud_municipalities",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    sheet = openpyxl.load_workbook(tmp_path / "mieruka.xlsx")["figures"]
    header = [cell.value for cell in sheet[2]]
    rows = [
        dict(zip(header, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=3)
    ]
    latest = next(row for row in rows if row["value"] == 1013)
    assert latest["area_name_ja"] == "日本"
    assert latest["unit"] == "団体"
    assert latest["as_of_date"].date() == date(2018, 3, 31)
    assert latest["obs_status"] == "A"
    assert latest["citation_url"].startswith("http")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--format", "pdf"], "pdf"),
        (["--area", "012026"], "検査数字"),
        (["--area", "999997"], "999997"),
        (["--prefecture", "99"], "99"),
        (["--area", "01100"], "011002"),
        (["--table", "fct_observations"], "fct_observation"),
        (["--item", "populatoin"], "population"),
        (["--years", "2020-2021"], "2020-2021"),
        (["--format", "api", "--area", "011002"], "api"),
        (["--base-url", "javascript:alert(1)"], "--base-url"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    mieruka: Mieruka, tmp_path: Path, arguments: list[str], word: str
) -> None:
    result = mieruka("export", "--to", str(tmp_path / "to"), *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert word in result.stderr
    assert not (tmp_path / "to").exists()


def test_a_choice_without_figures_is_said(mieruka: Mieruka, tmp_path: Path) -> None:
    chosen = ["--format", "csv", "--item", "asset_depreciation_rate", "--years"]
    assert mieruka("export", "--to", str(tmp_path / "some"), *chosen, "2023").stderr == ""
    none = mieruka("export", "--to", str(tmp_path / "none"), *chosen, "1900..1901")
    assert none.returncode == 0
    assert "--years" in none.stderr


def test_other_files_are_left_alone_and_that_is_said(mieruka: Mieruka, home: Path, tmp_path: Path) -> None:
    (tmp_path / "予算.xlsx").write_text("mine")
    result = mieruka("export", "--to", str(tmp_path), "--format", "csv", "--table", "dim_kpi")
    assert result.returncode == 0
    assert "1" in result.stderr
    assert (tmp_path / "予算.xlsx").read_text() == "mine"
    refused = mieruka("export", "--to", str(home / "published" / "parquet"), "--format", "csv")
    assert refused.returncode == 2


def test_each_status_is_mapped_once_in_the_words_of_the_vocabulary(
    published: duckdb.DuckDBPyConnection,
) -> None:
    words = yaml.safe_load((SOURCES_DIR / "_schema" / "vocabulary.yml").read_text(encoding="utf-8"))
    rows = published.execute(
        "select value_status, observation_status, value_status_ja, value_status_en, observation_status_ja, "
        "observation_status_en, obs_status from marts.dim_observation_status"
    ).fetchall()
    expected = {
        (value, kind, blank["ja"], blank["en"], how["ja"], how["en"])
        for value, blank in words["value_statuses"].items()
        for kind, how in words["observation_statuses"].items()
    }
    assert {row[:6] for row in rows} == expected
    assert len(rows) == len(expected)
    missing = {"L", "M", "O", "Q"}
    assert {row[6] in missing for row in rows if row[0] == "reported"} == {False}
    assert {row[6] in missing for row in rows if row[0] != "reported"} == {True}


def pages(web: Path) -> Iterator[tuple[str, Path]]:
    root = web / "api" / "v1"
    for path in sorted(root.rglob("*.json")):
        if path.parent.name != "schema":
            yield (path.stem if path.parent == root else path.parent.name), path


def test_every_page_of_the_api_is_of_its_schema(web: Path) -> None:
    schemas = {
        path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8"))
        for path in (web / "api" / "v1" / "schema").iterdir()
    }
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    validators = {
        kind: Draft202012Validator(schema, format_checker=FormatChecker()) for kind, schema in schemas.items()
    }
    seen = set()
    for number, (kind, path) in enumerate(pages(web)):
        # Bodies without a figure are alike; each tenth of them is enough.
        if kind in ("area", "item") and number % 10 and path.stat().st_size < 1_000:
            continue
        seen.add(kind)
        validators[kind].validate(json.loads(path.read_text(encoding="utf-8")))
    assert seen == schemas.keys()


def test_api_holds_every_newest_figure_with_its_citation(
    web: Path, published: duckdb.DuckDBPyConnection
) -> None:
    found = {}
    for kind, path in pages(web):
        if kind != "area":
            continue
        page = json.loads(path.read_text(encoding="utf-8"))
        at = {name: position for position, name in enumerate(page["columns"])}
        for series in page["series"]:
            for figure in series["figures"]:
                cited = page["citations"][str(figure[at["citation"]])]
                found[figure[at["observation_id"]]] = (
                    page["area"]["area_code"], series["item_id"], series["unit"], figure[at["as_of_date"]],
                    figure[at["value"]], figure[at["obs_status"]], cited["source_id"], cited["url"], cited["sheet"],
                    figure[at["cell"]],
                )  # fmt: skip
    rows = published.execute(
        "select observation_id, area_code, item_id, unit, as_of_date, value, obs_status, source_id, citation_url, sheet, cell "
        "from marts.fct_observation where is_latest"
    ).fetchall()
    assert found == {
        row[0]: (
            *row[1:4],
            row[4] and row[4].isoformat(),
            None if row[5] is None else float(row[5]),
            *row[6:],
        )
        for row in rows
    }


def test_index_leads_to_every_page(web: Path, published: duckdb.DuckDBPyConnection) -> None:
    root = web / "api" / "v1"
    index = json.loads((root / "index.json").read_text(encoding="utf-8"))
    linked = {entry["address"] for entry in index["kpis"]}
    for kind in ("areas", "items"):
        linked |= {
            entry["address"]
            for entry in json.loads((root / f"{kind}.json").read_text(encoding="utf-8"))[kind]
        }
    there = {
        path.relative_to(root).as_posix() for kind, path in pages(web) if kind in ("kpi", "area", "item")
    }
    assert linked == there
    assert index["files"] == sum(1 for path in root.rglob("*") if path.is_file())
    assert len(index["kpis"]) == 26
    assert index["counts"]["figures"] == one(
        published, "select count(*) from marts.fct_observation where is_latest"
    )


def test_verdicts_of_the_api_are_those_of_the_warehouse(
    web: Path, published: duckdb.DuckDBPyConnection
) -> None:
    page = json.loads((web / "api" / "v1" / "kpi" / "cloud_municipalities.json").read_text(encoding="utf-8"))
    card = published.execute(
        "select status, grade, progress from marts.kpi_scorecard where measure_id = 'cloud_municipalities'"
    ).fetchone()
    measure = page["measures"][0]
    newest = next(row for row in measure["verdicts"] if row["is_primary"] and row["superseded_on"] is None)
    assert (measure["status"], measure["grade"]) == card[:2] if card else None
    assert newest["progress"] == pytest.approx(card[2] if card else None)


def test_feed_has_an_entry_for_the_publication(web: Path, home: Path) -> None:
    read = feedparser.parse((web / "feed.atom").read_bytes())
    assert not read.bozo
    version = json.loads((home / "published" / "datapackage.json").read_text(encoding="utf-8"))["version"]
    assert [entry.id for entry in read.entries] == [f"tag:data.example.jp,2026:mieruka:version:{version}"]


def test_catalog_names_each_file_with_licence_period_and_publisher(folder: Path) -> None:
    content = json.loads((folder / "catalog.jsonld").read_text(encoding="utf-8"))
    datasets = content["dcat:dataset"]
    files = {
        entry["dcat:downloadURL"] for dataset in datasets for entry in dataset.get("dcat:distribution", [])
    }
    assert files == {resource["path"] for resource in package_in(folder)["resources"]}
    for dataset in datasets:
        for term in (
            "dct:title",
            "dct:description",
            "dct:publisher",
            "dct:license",
            "dct:spatial",
            "dct:accrualPeriodicity",
        ):
            assert dataset.get(term), (dataset["@id"], term)
    figures = next(dataset for dataset in datasets if dataset["dct:identifier"] == "fct_observation")
    assert figures["dct:temporal"]["dcat:startDate"] < figures["dct:temporal"]["dcat:endDate"]
    known = {dataset["@id"] for dataset in datasets}
    assert set(figures["dct:source"]) <= known


def test_a_table_larger_than_a_sheet_becomes_several_workbooks_with_an_index_when_it_is_asked_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST_ROWS", 300)
    monkeypatch.setattr(run, "PIECE_ROWS", 200)
    figures = Selection(tables=("fct_observation", "dim_observation_status"))
    with duckdb.connect(str(home / "published/mieruka.duckdb"), read_only=True) as connection:
        done = run.Export(connection, Selection(), ["xlsx", "csv"], "v").into(tmp_path / "all")
        run.Export(connection, figures, ["xlsx"], "v").into(tmp_path / "one")
        monkeypatch.setattr(run, "MOST_CELLS", 10_000)
        run.Export(connection, figures, ["xlsx"], "v").into(tmp_path / "several")
        ids = connection.execute("select observation_id from marts.fct_observation").fetchall()
    assert "fct_observation" in done.left_out
    assert (tmp_path / "all/csv/fct_observation.csv").exists()
    assert not [path for name in done.left_out for path in (tmp_path / "all/xlsx").glob(f"{name}.*")]
    assert (tmp_path / "several/xlsx/dim_observation_status.xlsx").exists()
    assert not (tmp_path / "several/mieruka.xlsx").exists()
    paths = sorted((tmp_path / "several/xlsx").glob("fct_observation.*.xlsx"))
    assert len(paths) > 1
    held: list[tuple[str]] = []
    for path in paths:
        book = openpyxl.load_workbook(path, read_only=True)
        index = list(book["目次"].iter_rows(values_only=True))[1:]
        assert sorted(str(row[0]) for row in index) == [other.name for other in paths]
        assert sum(int(str(row[1])) for row in index) == len(ids)
        rows = book[path.stem].iter_rows(values_only=True)
        next(rows)
        place = next(rows).index("observation_id")
        held += [(str(row[place]),) for row in rows]
    assert sorted(held) == sorted(ids)
    sheets = openpyxl.load_workbook(tmp_path / "one/mieruka.xlsx", read_only=True).sheetnames
    assert len([name for name in sheets if name.startswith("fct_observation.")]) > 1
    package = json.loads((tmp_path / "several/datapackage.json").read_text(encoding="utf-8"))
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)
    assert {path.name for path in paths} <= set(names)
