"""The days that the columns of a file give: those of its figures, and those on which its rows name bodies."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from pipelines.catalog.published import Identity, Layout
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.body import BODY, Body, ReadTable
from pipelines.extract.period import Span
from pipelines.normalize.japanese_dates import (
    DateExpression,
    DateExpressionError,
    day_within,
    parse_date_expression,
    parse_serial_day,
    parse_year,
)


@lru_cache(maxsize=4096)
def _dated(text: str, is_year: bool, month_day: str | None) -> DateExpression | None:
    try:
        found = parse_year(text) if is_year else parse_date_expression(text)
    except DateExpressionError:
        return None
    return day_within(found, *map(int, month_day.split("-"))) if month_day else found


def _stored(number: float) -> DateExpression | None:
    try:
        return parse_serial_day(number)
    except DateExpressionError:
        return None


def dates_of(key: str, layout: Layout, body: Body) -> list[DateExpression | None]:
    """Return the days of a column of dates or years; None where there is none to read."""
    column = layout.columns[key]
    texts = body.texts(key)
    known = {text: _dated(text, column.type == "year", column.month_day) for text in set(texts)}
    if column.type == "date" and float in set(map(type, body.columns[key])):
        # A day without a date format is a bare number in a workbook; text that looks like one stays text.
        return [
            _stored(value) if isinstance(value, float) else known[text]
            for value, text in zip(body.columns[key], texts, strict=True)
        ]
    return [known[text] for text in texts]


def days_of_bodies(span: Span, identity: Identity, layout: Layout, body: Body) -> list[date]:
    """Return the day as of which each row names its body."""
    day = date(span.year, 4, 1) if identity.as_of == "fiscal_year_start" else span.day
    if identity.as_of != "row":
        return [day] * len(body.rows)
    return [found.day if found else day for found in dates_of(layout.day_columns()[0], layout, body)]


def unreadable_days(read: ReadTable) -> list[Defect]:
    """Return a defect for each day that a figure needs and that cannot be read; too many refuse the file."""
    body = read.body
    defects = [
        read.place.defect(
            "not_a_date", body.texts(key)[place], "日付（年の列では年）が必要です（例: 令和2年4月1日、R. 2. 4. 1、2020年度）",
            "A date is needed, such as R. 2. 4. 1, or in a column of years a year, such as 2020年度",
            row=body.rows[place] + 1, column=key, cell=read.address(body.rows[place], key), severity="warning",
        )
        for key in read.layout.day_columns()
        for place, found in enumerate(dates_of(key, read.layout, body))
        if found is None and body.kinds[place] == BODY
    ]  # fmt: skip
    if read.are_too_many(len(defects)):
        raise RefusedFileError(defects[:20])
    return defects
