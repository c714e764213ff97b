"""The span of a file, from every place that names it; contradictions and silence stop the file."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog.published import Period
from pipelines.extract.period import PeriodError, period_words, read_period

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
    with pytest.raises((PeriodError, ValueError)):
        read_period(FISCAL, texts)


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
