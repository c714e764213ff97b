"""Answers of the e-Stat API as a sheet: a row a VALUE, with the names of its codes beside them.

Row 1 holds what the answer says of its table (`STATS_DATA_ID: …`, `TITLE>$: …`, `SURVEY_DATE: …`, `NOTE ***: …`),
row 2 the header, and the n-th VALUE of the table, counted over all pages, is row n + 2. For every dimension there are
`<id>_code` and `<id>_name`, of a time also `year` (2020年 or 2020年度, from the code) and `year_kind`; then `unit`,
`value` (the text of `$`) and `annotation`. The sheet bears the table's ID (`STATS_DATA_ID`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

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
    columns = _texts(table.columns)
    title: list[object] = [
        f"STATS_DATA_ID: {name}",
        *(f"{key}: {text}" for key, text in _facts(documents[0]).items() if key != "@id"),
        *(f"NOTE {mark}: {meaning}" for mark, meaning in table.legend.items()),
        *(f"ANNOTATION {code}: {meaning}" for code, meaning in table.annotations.items()),
    ]
    rows = map(list, zip(*columns.values(), strict=True))
    return Sheet(name, [title, list(columns), *rows], marks=table.legend)


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what an answer says of its table; one without data says nothing."""
    data = document[_ROOT].get("STATISTICAL_DATA")
    return flat_fields(data["TABLE_INF"]) if data else {}


def _refuse_parts(tables: Sequence[StatsTable]) -> None:
    held, total = sum(table.height for table in tables), max(table.total_number for table in tables)
    if held < total:
        raise IncompleteFileError(f"{held:,} / {total:,}")


def _texts(values: Mapping[str, list[Any]]) -> dict[str, list[str]]:
    """Return the columns of the sheet."""
    columns = {name: texts for name, texts in values.items() if name.endswith(("_code", "_name"))}
    if "time_year" in values:
        times = list(zip(values["time_year"], values["time_kind"], strict=True))
        # A long table has few times: as shared texts they are soon compared later on.
        named = {(year, kind): f"{year}{_YEARS[kind]}" for year, kind in set(times)}
        columns["year"] = [named[time] for time in times]
        columns["year_kind"] = values["time_kind"]
    columns |= {"unit": values["unit"], "value": values["raw_text"], "annotation": values["annotation"]}
    return {
        name: ["" if text is None else text for text in texts] if None in texts else texts
        for name, texts in columns.items()
    }
