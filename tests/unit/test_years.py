"""Figures dated by a year: what a year means, and what a description may say of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.catalog.published import EstatTable, PublishedColumn, PublishedTable
from pipelines.normalize.japanese_dates import DateExpressionError, day_within, parse_year


@pytest.mark.parametrize(
    ("text", "last", "precision", "october", "january"),
    [
        ("2020年", date(2020, 12, 31), "calendar_year", date(2020, 10, 1), date(2020, 1, 1)),
        ("２０２０年度", date(2021, 3, 31), "fiscal_year", date(2020, 10, 1), date(2021, 1, 1)),
        ("令和元年", date(2019, 12, 31), "calendar_year", date(2019, 10, 1), date(2019, 1, 1)),
        ("平成31年度", date(2020, 3, 31), "fiscal_year", date(2019, 10, 1), date(2020, 1, 1)),
    ],
)
def test_a_year_is_its_last_day_unless_a_day_within_it_is_known(
    text: str, last: date, precision: str, october: date, january: date
) -> None:
    year = parse_year(text)
    assert (year.day, year.precision) == (last, precision)
    assert (day_within(year, 10, 1).day, day_within(year, 10, 1).precision) == (october, "day")
    assert day_within(year, 1, 1).day == january
    assert day_within(year, 3, 31).day == date(last.year, 3, 31)


@pytest.mark.parametrize("text", ["2020", "2020年10月", "2020-10-01", "昭和65年", "", "2020年度末", "0000年"])
def test_other_texts_are_no_years(text: str) -> None:
    with pytest.raises(DateExpressionError):
        parse_year(text)


@pytest.mark.parametrize("text", ["02-29", "13-01", "10-1", "10/01", ""])
def test_the_day_in_the_year_must_exist_in_every_year(text: str) -> None:
    with pytest.raises(ValidationError):
        PublishedColumn.model_validate({"from": ["year"], "type": "year", "month_day": text})


def test_only_years_have_a_day_in_the_year() -> None:
    with pytest.raises(ValidationError, match="columns of years"):
        PublishedColumn.model_validate({"from": ["day"], "type": "date", "month_day": "10-01"})


def _table(**measure: str) -> dict[str, Any]:
    value = {
        "from": ["value"], "type": "number", "unit": "人",
        "measures": [{"item_id": "i", "series_id": "s", "statistic": "count", **measure}],
    }  # fmt: skip
    columns = {
        "code": {"from": ["code"], "type": "text"},
        "year": {"from": ["year"], "type": "year"},
        "value": value,
    }
    return {
        "title": {"ja": "表", "en": "table"}, "role": "figures", "files": ["*"], "period": {"kind": "day"},
        "identity": {"code": "code", "types": ["town"], "as_of": "row"},
        "layouts": [{"from": 2000, "sheet": ["*"], "anchor": ["code"], "columns": columns}],
    }  # fmt: skip


def test_bodies_as_of_the_row_need_its_day() -> None:
    assert PublishedTable.model_validate(_table(as_of="column", as_of_column="year"))
    with pytest.raises(ValidationError, match="as_of: row"):
        PublishedTable.model_validate(_table())


@pytest.mark.parametrize(
    "wrong",
    [
        {"stats_data_id": "10101"},
        {"stats_data_id": "0000010101x"},
        {"stats_data_id": "0000010101", "conditions": {"appId": "x"}},
        {"stats_data_id": "0000010101", "conditions": {"cdCat16": "x"}},
        {"stats_data_id": "0000010101", "limit": 1},
    ],
)
def test_a_table_of_the_api_is_an_id_and_the_apis_own_conditions(wrong: dict[str, Any]) -> None:
    assert EstatTable.model_validate(
        {"stats_data_id": "0000010101", "conditions": {"cdCat01": "A1101", "lvArea": "2"}}
    )
    with pytest.raises(ValidationError):
        EstatTable.model_validate(wrong)
