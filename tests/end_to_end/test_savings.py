"""From the empty form of `savings` to figures of a town in the warehouse, each with its cell and where it came from."""

from __future__ import annotations

import csv
import hashlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from tests.end_to_end.conftest import call
from tests.end_to_end.test_publishers_files import TOWNS, bundled_bodies, code_list, six
from tests.savings_forms import CLOUD, COLUMNS, COUNTER, FIRST_TASK_ROW, HEAD, HEADER_ROWS

CODE, NAME = six(TOWNS[0][0]), TOWNS[0][1]


@dataclass
class Town:
    """A made-up town with a folder of its own, and a warehouse that reads it."""

    folder: Path
    home: Path

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    def mieruka(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return call(self.home, *arguments)

    def fill_in(self, name: str, head: dict[str, Any], tasks: list[dict[str, Any]]) -> Path:
        """Write the empty form by the command, and fill it in as in Excel."""
        path = self.folder / name
        written = self.mieruka("savings", "--template", str(path))
        assert written.returncode == 0, written.stderr
        book = openpyxl.load_workbook(path)
        sheet = book["記入"]
        for key, value in (HEAD | {"area_code": CODE, "area_name": NAME} | head).items():
            sheet.cell(HEADER_ROWS[key], 2).value = value
        for row, task in enumerate(tasks, start=FIRST_TASK_ROW):
            for key, value in task.items():
                sheet.cell(row, COLUMNS[key]).value = value
        book.save(path)
        return path

    def hand_in(self, form: Path, name: str) -> Path:
        """Compute the saving and put the table of figures into the folder that runs read."""
        path = self.origin / name
        result = self.mieruka("savings", str(form), "--observations", str(path))
        assert result.returncode == 0, result.stdout
        return path

    def run(self) -> None:
        result = self.mieruka("run", "--origin", str(self.origin))
        assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def town(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("savings")
    made = Town(folder, folder / "home")
    made.origin.mkdir()
    code_list(made.origin, bundled_bodies(home))
    done = made.fill_in("窓口とクラウド.xlsx", {}, [COUNTER, CLOUD])
    planned = made.fill_in(
        "計画.xlsx", {"change_year": "令和9年度", "after_year": None, "figures_are": "見込み", "years": 7},
        [CLOUD | {"one_off_year_1": "R8"}],
    )  # fmt: skip
    made.hand_in(done, "見本町.savings.csv")
    made.hand_in(planned, "見本町_計画.savings.csv")
    made.run()
    return made


@pytest.fixture
def query(town: Town) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    with duckdb.connect(str(town.home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


Query = Callable[[str], list[tuple[Any, ...]]]


def test_figures_are_those_of_the_command(query: Query) -> None:
    figures = query(
        "select item_id, value::int, fiscal_year, unit, observation_status from marts.fct_observation "
        f"where area_code = '{CODE}' and source_id = 'municipality__savings' and fiscal_year in (2022, 2024) "
        "and item_id in ('outsourcing_saving_per_year', 'cloud_saving_per_year', 'reform_saving_per_year', "
        "'reform_cost_before', 'reform_one_off_cost') order by 1"
    )
    assert figures == [
        ("cloud_saving_per_year", 27_700_000, 2024, "円", "derived"),
        ("outsourcing_saving_per_year", 5_980_000, 2024, "円", "derived"),
        ("reform_cost_before", 107_100_000, 2022, "円", "derived"),
        ("reform_one_off_cost", 32_500_000, 2024, "円", "derived"),
        ("reform_saving_per_year", 33_680_000, 2024, "円", "derived"),
    ]


def test_each_figure_stands_in_the_cell_that_it_names(query: Query, town: Town) -> None:
    path = town.origin / "見本町.savings.csv"
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    figures = query(
        f"select cell, raw_text, sheet, note_ja from marts.fct_observation where snapshot_sha256 = '{sha256}'"
    )
    assert len(figures) == 3 * 8
    for cell, raw_text, sheet, note in figures:
        assert rows[int(cell[1:]) - 1][ord(cell[0]) - ord("A")] == raw_text
        assert sheet == "見本町.savings.csv"
        form = town.folder / "窓口とクラウド.xlsx"
        assert hashlib.sha256(form.read_bytes()).hexdigest() in note
        assert all(word in note for word in (NAME, "窓口とクラウド.xlsx", "2026-11-23"))


def test_what_cannot_be_computed_has_a_status_and_no_value(query: Query) -> None:
    assert query(
        "select distinct value, value_status, raw_text from marts.fct_observation "
        f"where area_code = '{CODE}' and item_id = 'reform_volume_adjusted_saving_per_year' and fiscal_year = 2024"
    ) == [(None, "not_calculated", "算定できない")]


def test_rate_has_its_parts(query: Query) -> None:
    [(value, numerator, denominator)] = query(
        "select value, numerator, denominator from marts.fct_observation "
        f"where area_code = '{CODE}' and item_id = 'outsourcing_saving_rate'"
    )
    assert (float(value), int(numerator), int(denominator)) == (21.67, 5_980_000, 27_600_000)


def test_estimates_stay_forecasts(query: Query) -> None:
    assert query(
        "select distinct observation_status, exclusion_reason, enters_verdict from marts.fct_observation "
        f"where area_code = '{CODE}' and fiscal_year = 2027 and value is not null"
    ) == [("forecast", "forecast", False)]


def test_self_reported_savings_enter_no_verdict_and_no_comparison(query: Query) -> None:
    own = "select item_id from marts.fct_observation where source_id = 'municipality__savings'"
    assert query(f"select count(*) from ({own})") == [(3 * 8 + 2 * 8,)]
    assert query("select count(*) from marts.fct_observation where source_id = 'municipality__savings' and enters_verdict") == [(0,)]  # fmt: skip
    assert query(f"select count(*) from marts.peer_comparison where item_id in ({own})") == [(0,)]
    assert query(f"select count(*) from marts.kpi_progress where area_code = '{CODE}' and value is not null") == [(0,)]  # fmt: skip


def test_corrected_form_goes_before_the_earlier_one(town: Town) -> None:
    corrected = town.fill_in("訂正.xlsx", {}, [COUNTER | {"contract_after": 16_000_000}, CLOUD])
    town.hand_in(corrected, "見本町.savings.csv")
    town.run()
    with duckdb.connect(str(town.home / "published" / "mieruka.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select value::int, is_latest from marts.fct_observation "
            f"where area_code = '{CODE}' and item_id = 'outsourcing_saving_per_year' order by 1"
        ).fetchall()
    assert found == [(5_980_000, False), (6_980_000, True)]
