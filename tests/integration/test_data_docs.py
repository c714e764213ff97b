"""The Data Docs as Great Expectations renders them: whole without a network, harmless whatever a value holds."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import duckdb
import pytest

from pipelines.catalog.vocabulary import Label
from pipelines.quality.data_docs import FOLDER, write_data_docs
from pipelines.quality.gate import Expectation, Suite, run_gate
from pipelines.quality.history import note_gate, read_gates
from pipelines.settings import Home
from tests.pages_read import Page, read_page

EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
SUITES = [
    Suite(
        name="names", label=Label(ja="名前がある", en="Names are there"), query="select name from t",
        expectations=[
            Expectation(type="expect_column_values_to_be_in_set", severity="warn", kwargs={"column": "name", "value_set": ["a"]}),
            Expectation(type="expect_column_values_to_be_null", severity="warn", kwargs={"column": "name"}),
            Expectation(type="expect_column_values_to_be_in_set", severity="warn", kwargs={"column": "absent", "value_set": ["a"]}),
        ],
    ),
    Suite(
        name="rows", label=Label(ja="行がある", en="There are rows"), query="select count(*) as n from t",
        expectations=[Expectation(type="expect_column_values_to_be_between", severity="block", kwargs={"column": "n", "min_value": 1})],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    home = Home(folder / "home")
    home.create()
    with duckdb.connect(str(folder / "t.duckdb")) as made:
        made.execute("create table t as select unnest(['a', ?]) as name", [EVIL])
    report = run_gate(folder / "t.duckdb", None, SUITES)
    for day in (21, 22):
        note_gate(home, f"202611{day}T020000+0900", f"2026-11-{day}T02:00:00+09:00", report)
    assert write_data_docs(read_gates(home), folder / FOLDER) == 1 + 2 + 2 * 2
    return folder / FOLDER


@pytest.fixture(scope="module")
def pages(docs: Path) -> dict[str, Page]:
    return {path.relative_to(docs).as_posix(): read_page(path) for path in docs.rglob("*.html")}


def test_nothing_outside_is_loaded_and_everything_loaded_is_there(docs: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for tag, address in page.addresses():
            if address.startswith(("https://", "http://")):
                assert (tag, address) == ("a", "https://greatexpectations.io"), name
            elif not address.startswith(("#", "data:")) and "quality.html" not in address:
                assert (page.path.parent / unquote(address)).is_file(), f"{name}: {address}"
    assert (docs / "static/LICENSES.txt").is_file()


def test_every_gate_and_every_suite_is_listed(docs: Path, pages: dict[str, Page]) -> None:
    words = (docs / "index.html").read_text(encoding="utf-8")
    for name in pages:
        if name != "index.html":
            assert name.replace("+", "%2B") in words, name


def test_values_of_the_data_are_texts_on_the_pages(pages: dict[str, Page]) -> None:
    failed = [name for name in pages if name.startswith("validations/names/")]
    assert len(failed) == 2
    for name in failed:
        words = pages[name].path.read_text(encoding="utf-8")
        assert "<img src=x" not in words
        assert "<script>alert" not in words
        assert "&lt;img src=x onerror=alert(1)&gt;" in words


def test_nothing_is_written_where_nothing_is_remembered(tmp_path: Path) -> None:
    assert write_data_docs([], tmp_path / FOLDER) == 0
    assert list(tmp_path.iterdir()) == []
