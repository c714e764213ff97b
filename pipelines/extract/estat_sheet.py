"""Answers of the e-Stat API as a sheet: a row a VALUE, with the names of its codes beside them.

Row 1 holds what the answer says of its table (`STATS_DATA_ID: …`, `TITLE>$: …`, `SURVEY_DATE: …`, `NOTE ***: …`),
row 2 the header, and the n-th VALUE of the table, counted over all pages, is row n + 2. For every dimension there are
`<id>_code` and `<id>_name`, of a time also `year` (2020年 or 2020年度, from the code) and `year_kind`; then `unit`,
`value` (the text of `$`) and `annotation`. The sheet bears the table's ID (`STATS_DATA_ID`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import polars as pl

from pipelines.acquire.estat_api import EstatError, EstatShapeError, StatsTable, join_pages, parse_stats_data
from pipelines.extract.json_fields import flat_fields
from pipelines.extract.sheet import IncompleteFileError, Sheet, UnreadableFileError, matching_sheet

_ROOT = "GET_STATS_DATA"
_YEARS = {"calendar_year": "年", "fiscal_year": "年度"}


def is_estat_answer(content: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON document is an answer of getStatsData."""
    return isinstance(content, dict) and _ROOT in content


def read_estat_answers(documents: Sequence[Mapping[str, Any]], patterns: list[str]) -> Sheet:
    """Return the pages of one table, in any order, as a sheet.

    Raises:
        IncompleteFileError: not all pages are there.
        UnreadableFileError: a page is a refusal, not as documented, or the table is not one that the patterns name.

    """
    try:
        pages = [parse_stats_data(document) for document in documents]
        _refuse_parts(pages)
        table = join_pages(sorted(pages, key=lambda page: (page.next_key is None, page.next_key or 0)))
    except (EstatError, EstatShapeError) as error:
        raise UnreadableFileError(f"e-Stat API ({error})") from error
    name = table.info.stats_data_id
    if matching_sheet([name], patterns) is None:
        raise UnreadableFileError(f"{' / '.join(patterns)} ∉ e-Stat API [{name}]")
    frame = _texts(table.records)
    title: list[object] = [
        f"STATS_DATA_ID: {name}",
        *(f"{key}: {text}" for key, text in _facts(documents[0]).items() if key != "@id"),
        *(f"NOTE {mark}: {meaning}" for mark, meaning in table.legend.items()),
        *(f"ANNOTATION {code}: {meaning}" for code, meaning in table.annotations.items()),
    ]
    return Sheet(name, [title, list(frame.columns), *map(list, frame.iter_rows())], marks=table.legend)


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what an answer says of its table; one without data says nothing."""
    data = document[_ROOT].get("STATISTICAL_DATA")
    return flat_fields(data["TABLE_INF"]) if data else {}


def _refuse_parts(tables: Sequence[StatsTable]) -> None:
    held, total = sum(table.records.height for table in tables), max(table.total_number for table in tables)
    if held < total:
        raise IncompleteFileError(f"{held:,} / {total:,}")


def _texts(records: pl.DataFrame) -> pl.DataFrame:
    """Return the records as the texts of the sheet."""
    columns = {name: pl.col(name) for name in records.columns if name.endswith(("_code", "_name"))}
    if "time_year" in records.columns:
        kind = pl.col("time_kind")
        columns["year"] = pl.col("time_year").cast(pl.String) + kind.replace_strict(
            _YEARS, return_dtype=pl.String
        )
        columns["year_kind"] = kind
    columns |= {"unit": pl.col("unit"), "value": pl.col("raw_text"), "annotation": pl.col("annotation")}
    return records.select(expression.fill_null("").alias(name) for name, expression in columns.items())
