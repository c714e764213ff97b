"""The span of a file, from every place that names it; contradictions and silence stop the file."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.catalog.published import Period
from pipelines.defects import RefusedFileError
from pipelines.extract.layout import layout_and_span
from pipelines.extract.period import PeriodError, names_period, period_words, read_period
from pipelines.extract.sheet import Sheet
from pipelines.extract.table import Place

FISCAL = Period(kind="fiscal_year", title=["{year}年?度"], sheet=["^{year}"], file=["/{year}\\.xlsx?$"])
DAY = Period(
    kind="day",
    title=["{year}年(?P<month>\\d{1,2})月(?P<day>\\d{1,2})日"],
    file=["(?P<yy>\\d{2})\\d{2}ss?jin"],
    column="counted_on",
)


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        ({"title": "全市町村の主要財政指標（令和元年度）"}, "FY2019"),
        ({"title": "平成２７年度　市町村別", "sheet": "Ｈ２７", "file": "muni/H27.xls"}, "FY2015"),
        ({"title": "表題に年はない", "file": "city/R3.xlsx"}, "FY2021"),
        ({"title": "", "sheet": "R４", "file": "muni/2022.xlsx"}, "FY2022"),
        ({"known": "FY2023"}, "FY2023"),
    ],
)
def test_a_fiscal_year_is_read_from_any_place(texts: dict[str, str], label: str) -> None:
    span = read_period(FISCAL, texts)
    assert span.label == label
    assert span.day == date(span.year + 1, 3, 31)


def test_a_day_and_a_files_year_must_agree() -> None:
    texts = {"title": "令和2年1月1日住民基本台帳人口・世帯数、令和元年人口動態", "file": "2003ssjin.xlsx"}
    assert read_period(DAY, texts).label == "2020-01-01"
    with pytest.raises(PeriodError) as caught:
        read_period(DAY, texts | {"file": "1903ssjin.xlsx"})
    assert set(caught.value.found) == {"title", "file"}


@pytest.mark.parametrize("text", ["2017/03/08", "2017-03-08", "H29.3.8", "平成29年3月8日"])
def test_a_day_may_stand_in_a_column(text: str) -> None:
    assert read_period(DAY, {"column": text}).day == date(2017, 3, 8)


@pytest.mark.parametrize("texts", [{}, {"title": "主要財政指標"}, {"title": "昭和65年度"}])
def test_no_year_is_an_error_not_a_guess(texts: dict[str, str]) -> None:
    with pytest.raises(PeriodError):
        read_period(FISCAL, texts)


def test_a_year_that_its_era_never_had_is_named_and_no_cell_of_a_column() -> None:
    with pytest.raises(PeriodError) as caught:
        read_period(FISCAL, {"title": "大正20年度", "file": "city/R3.xlsx"})
    assert caught.value.found == {"title": "大正20年度"}
    assert [names_period(text) for text in ("大正20年度", "T20.4.1", "大正14年度")] == [False, False, True]


LISTS = [
    ("soumu__dx_survey", "ai"),
    ("jlis__konbini_issuance", "municipalities"),
    ("digital__dx_dashboard", "municipalities"),
    ("digital__dx_dashboard", "prefectures"),
    ("soumu__local_services_reform", None),
]


@pytest.mark.parametrize(("source", "table"), LISTS)
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("001070421_2024-12-31.xlsx", "2024-12-31"),
        ("list/000401234_20241231.xlsx", "2024-12-31"),
        ("konbini20241231.html", "2024-12-31"),
        ("konbini_T20241231.html", "2024-12-31"),
        ("一覧_令和6年12月31日_000401234.xlsx", "2024-12-31"),
        ("R6.12.31_001070421.xlsx", "2024-12-31"),
        ("001070421.xlsx", None),
        ("様式_000401234.xlsx", None),
        ("list_T20.04.01.xlsx", None),
    ],
)
def test_a_publishers_number_is_no_day(
    catalog: Catalog, source: str, table: str | None, name: str, label: str | None
) -> None:
    published = catalog.sources[source].description.published
    period = published[table or next(iter(published))].period
    if label:
        assert read_period(period, {"file": name}).label == label
        return
    with pytest.raises(PeriodError):
        read_period(period, {"file": name})


def test_a_day_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(PeriodError):
        read_period(DAY, {"title": "令和2年2月30日"})


def test_header_patterns_may_use_the_year_in_its_short_form() -> None:
    words = period_words(read_period(FISCAL, {"known": "FY2019"}))
    assert {name: words[name] for name in ("era", "era_before", "year")} == {
        "era": "R1",
        "era_before": "H30",
        "year": "2019",
    }


def test_what_is_advised_for_a_file_without_its_period_helps(catalog: Catalog) -> None:
    advised = 0
    for source_id, source in catalog.sources.items():
        for name, table in source.description.published.items():
            snapshot = Snapshot("0" * 64, source_id, name, "x.xlsx", "", "", None, 1)
            with pytest.raises(RefusedFileError) as caught:
                layout_and_span(Sheet("x", [["x"]]), table, Place(source_id, name, snapshot))
            [defect] = caught.value.defects
            assert defect.rule == "period_unknown"
            assert ("ファイル名" in defect.expected_ja) == bool(table.period.file)
            assert ("表題" in defect.expected_ja) == bool(table.period.title)
            assert ("シート名" in defect.expected_ja) == bool(table.period.sheet)
            for text in (defect.expected_ja, defect.expected_en):
                for example in re.findall(r"(?:例: |such as )(\S+)[）)]", text):
                    assert read_period(table.period, {"file": f"{example}.xlsx"}).year == 2023
                    advised += 1
    assert advised > 20
