"""The e-Stat API 3.0: pages of figures fetched as they are, and a pure reading of them as a table."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl

from pipelines.acquire.web import AcquisitionError, Download, WebFetcher, mask_secrets
from pipelines.catalog.published import ESTAT_CONDITION

BASE_URL = "https://api.e-stat.go.jp/rest/3.0/app/json"
APP_ID = "ESTAT_APP_ID"
# The most values the API gives in one answer, and more answers than any table of municipalities needs.
PAGE_SIZE = 100_000
MAX_PAGES = 200

_STATS_ID = re.compile(r"[0-9]{10}")
_FILTER = re.compile(ESTAT_CONDITION)
_AREA = re.compile(r"[0-9]{5}")
_TIME = re.compile(r"([0-9]{4})(00|10)0000")
_TIME_KINDS = {"00": "calendar_year", "10": "fiscal_year"}

OK, NO_DATA, BAD_APP_ID, NO_SUCH_TABLE = 0, 1, 100, 300
_STATUS_ADVICE: dict[int, tuple[str, str]] = {
    BAD_APP_ID: (
        f"環境変数 {APP_ID} のアプリケーションIDを確かめてください",
        f"Check the application ID in the environment variable {APP_ID}",
    ),
    NO_SUCH_TABLE: (
        "e-Statで統計表IDを確かめてください。表が置き換えられていることがあります",
        "Check the table's ID on e-Stat: the table may have been replaced",
    ),
}
_OTHER_ADVICE = (
    "統計表IDと絞り込み条件を確かめ、正しければ時間をおいて再実行してください",
    "Check the table's ID and the conditions; if they are right, run again later",
)


class EstatError(RuntimeError):
    """The API refused; `status` is its own number, the message what it said and what to do."""

    def __init__(self, status: int, said: str) -> None:
        self.status, self.found = status, f"STATUS {status}: {_without_app_id(said)}"
        self.expected_ja, self.expected_en = _STATUS_ADVICE.get(status, _OTHER_ADVICE)
        super().__init__(f"e-Stat API {self.found} {self.expected_ja} / {self.expected_en}")


class EstatAppIdError(RuntimeError):
    """No application ID is set."""

    def __init__(self) -> None:
        super().__init__(
            f"環境変数 {APP_ID} にe-StatのアプリケーションID（無料で発行）を設定してください / "
            f"Set the environment variable {APP_ID} to an e-Stat application ID (issued free of charge)"
        )


class EstatShapeError(ValueError):
    """An answer is not in the shape that the API documents, or pages do not belong together."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(f"{ja} / {en}")


@dataclass(frozen=True)
class EstatClass:
    """One item of a dimension."""

    code: str
    name: str
    level: str | None
    unit: str | None
    parent_code: str | None


@dataclass(frozen=True)
class ClassObject:
    """A dimension of a table: its items by code, and the publisher's explanations by code."""

    dimension: str
    name: str
    classes: dict[str, EstatClass]
    explanations: dict[str, str]


@dataclass(frozen=True)
class TableInfo:
    """What e-Stat says of a table; all text as given."""

    stats_data_id: str
    title: str
    statistics_name: str
    survey_date: str
    open_date: str
    updated_date: str


@dataclass(frozen=True)
class StatsTable:
    """Figures of one table, of one page or of all.

    `columns`, and `records` as a frame, have for every dimension `<id>_code` and `<id>_name`, with a time dimension also `time_year` and
    `time_kind` (calendar_year, fiscal_year), and `raw_text`, `unit`, `annotation`. `legend` says what the
    markers in `raw_text` mean in this table; `annotations` what the codes in `annotation` mean.
    """

    info: TableInfo
    columns: dict[str, list[Any]]
    class_objects: dict[str, ClassObject]
    legend: dict[str, str]
    annotations: dict[str, str]
    total_number: int
    next_key: int | None
    warnings: tuple[str, ...] = ()

    @cached_property
    def records(self) -> pl.DataFrame:
        """Return the columns as a frame."""
        types = {name: pl.Int32 if name == "time_year" else pl.String for name in self.columns}
        return pl.DataFrame(self.columns, schema=types)

    @property
    def height(self) -> int:
        """Return the number of values."""
        return len(self.columns["raw_text"])


@dataclass(frozen=True)
class MetaInfo:
    """A table's description without figures."""

    info: TableInfo
    class_objects: dict[str, ClassObject]


@dataclass(frozen=True)
class StatsDownload:
    """The pages of a table as received, in order, to be archived, and what they say together."""

    pages: list[Download]
    table: StatsTable

    @property
    def paths(self) -> list[Path]:
        """Return the temporary files of the pages; they are the caller's to remove."""
        return [page.path for page in self.pages]


class EstatClient:
    """Fetches from the e-Stat API; the application ID comes from the environment and goes nowhere else."""

    def __init__(self, fetcher: WebFetcher, *, base_url: str = BASE_URL, page_size: int = PAGE_SIZE) -> None:
        self._fetcher = fetcher
        self._base_url = base_url
        self._page_size = page_size

    def stats_data(self, stats_data_id: str, conditions: Mapping[str, str] | None = None) -> StatsDownload:
        """Fetch all pages of a table; `conditions` are the API's own (cdArea, cdCat01From, lvTime, ...).

        Raises:
            EstatAppIdError: ESTAT_APP_ID is not set.
            EstatError: the API refused.
            EstatShapeError: an answer is not as documented, or pages do not add up to the table.
            AcquisitionError: the API could not be reached.

        """
        pages: list[Download] = []
        try:
            tables = self._all_pages(stats_data_id, conditions or {}, pages)
            return StatsDownload(pages, join_pages(tables))
        except BaseException:
            for page in pages:
                page.path.unlink(missing_ok=True)
            raise

    def meta_info(self, stats_data_id: str) -> tuple[Download, MetaInfo]:
        """Fetch a table's description; raises what stats_data raises."""
        page = self._fetch("getMetaInfo", stats_data_id, {"explanationGetFlg": "Y"})
        try:
            return page, parse_meta_info(read_document(page.path))
        except BaseException:
            page.path.unlink(missing_ok=True)
            raise

    def _all_pages(
        self, stats_data_id: str, conditions: Mapping[str, str], pages: list[Download]
    ) -> list[StatsTable]:
        tables: list[StatsTable] = []
        position = 1
        for _ in range(MAX_PAGES):
            page = self._fetch(
                "getStatsData", stats_data_id, self._parameters(conditions) | {"startPosition": str(position)}
            )
            pages.append(page)
            table = parse_stats_data(read_document(page.path))
            if table.info.stats_data_id != stats_data_id:
                raise EstatShapeError(
                    f"{stats_data_id}: {table.info.stats_data_id or '？'} の応答が返りました",
                    f"{stats_data_id}: the answer is of {table.info.stats_data_id or '?'}",
                )
            tables.append(table)
            if table.next_key is None:
                return tables
            if table.next_key <= position:
                break
            position = table.next_key
        raise EstatShapeError(
            f"{stats_data_id}: NEXT_KEY {position} の続きが終わりません",
            f"{stats_data_id}: the pages after NEXT_KEY {position} do not end",
        )

    def _parameters(self, conditions: Mapping[str, str]) -> dict[str, str]:
        for name in conditions:
            if not _FILTER.fullmatch(name):
                raise EstatShapeError(
                    f"{name}: e-Stat APIの絞り込み条件ではありません",
                    f"{name}: not a condition of the e-Stat API",
                )
        return {
            **conditions,
            "metaGetFlg": "Y",
            "cntGetFlg": "N",
            "explanationGetFlg": "Y",
            "annotationGetFlg": "Y",
            "replaceSpChars": "0",
            "limit": str(self._page_size),
        }

    def _fetch(self, function: str, stats_data_id: str, parameters: Mapping[str, str]) -> Download:
        if not _STATS_ID.fullmatch(stats_data_id):
            raise EstatShapeError(
                f"{stats_data_id}: 統計表IDは数字10桁です", f"{stats_data_id}: a table's ID has ten digits"
            )
        query = {"appId": _app_id(), "lang": "J", "statsDataId": stats_data_id, **parameters}
        url = f"{self._base_url}/{function}?{urlencode(query)}"
        try:
            page = self._fetcher.fetch(url, expected="json", conditional=False)
        except AcquisitionError as error:
            _raise_refusal(error)
            raise
        if not isinstance(page, Download):
            raise TypeError("an unconditional request is never answered by 304")
        return page


def read_document(content: Path | bytes) -> dict[str, Any]:
    """Return an answer with its numbers as the text they were written in; raise EstatShapeError for no object."""
    data = content.read_bytes() if isinstance(content, Path) else content
    document = json.loads(data, parse_int=str, parse_float=str)
    if not isinstance(document, dict):
        raise EstatShapeError("e-Stat APIの応答ではありません", "Not an answer of the e-Stat API")
    return document


def read_pages(contents: Sequence[Path | bytes]) -> StatsTable:
    """Read the pages of a table, in order; raises what parse_stats_data and join_pages raise."""
    return join_pages([parse_stats_data(read_document(content)) for content in contents])


def fingerprint(content: Path | bytes) -> str:
    """Return the SHA-256 of an answer without its RESULT, whose DATE makes every answer's bytes differ."""
    document = read_document(content)
    plain = {name: {**_object(root), "RESULT": None} for name, root in document.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def parse_stats_data(document: Mapping[str, Any]) -> StatsTable:
    """Read one answer of getStatsData; no data is an empty table with a warning.

    Raises:
        EstatError: the answer is a refusal.
        EstatShapeError: it is not as documented: codes unknown, area codes not of five digits, times that are
            neither a calendar nor a fiscal year, or another number of values than it says.

    """
    root = _root(document, "GET_STATS_DATA")
    status, said = _result(root)
    data = _object(root.get("STATISTICAL_DATA"))
    if status == NO_DATA:
        return replace(_empty_table(root, data), warnings=(said,))
    class_objects = _class_objects(data)
    inf, counted = _object(data.get("DATA_INF")), _object(data.get("RESULT_INF"))
    values = _objects(inf.get("VALUE"))
    _check_count(counted, len(values))
    return StatsTable(
        info=_table_info(data),
        columns=_columns(values, class_objects),
        class_objects=class_objects,
        legend={_text(note, "@char"): _text(note, "$") for note in _listed(inf.get("NOTE"))},
        annotations={_text(note, "@annotation"): _text(note, "$") for note in _listed(inf.get("ANNOTATION"))},
        total_number=_number(counted, "TOTAL_NUMBER"),
        next_key=_number(counted, "NEXT_KEY") if "NEXT_KEY" in counted else None,
    )


def parse_meta_info(document: Mapping[str, Any]) -> MetaInfo:
    """Read one answer of getMetaInfo; raises EstatError for a refusal, EstatShapeError for another shape."""
    root = _root(document, "GET_META_INFO")
    status, said = _result(root)
    if status == NO_DATA:
        raise EstatError(status, said)
    data = _object(root.get("METADATA_INF"))
    return MetaInfo(_table_info(data), _class_objects(data))


def join_pages(tables: Sequence[StatsTable]) -> StatsTable:
    """Return the pages of a table as one.

    Raises:
        EstatShapeError: they are of different tables or editions, values are missing, or a value comes twice.

    """
    first = tables[0]
    if any((table.info, table.total_number) != (first.info, first.total_number) for table in tables):
        raise EstatShapeError(
            f"{first.info.stats_data_id}: 取得の途中で統計表が更新されました。再実行してください",
            f"{first.info.stats_data_id}: the table was updated while it was fetched; run again",
        )
    columns = {name: [value for table in tables for value in table.columns[name]] for name in first.columns}
    height = len(columns["raw_text"])
    if height != first.total_number or tables[-1].next_key is not None:
        raise EstatShapeError(
            f"{first.info.stats_data_id}: {first.total_number:,}件のはずが{height:,}件です",
            f"{first.info.stats_data_id}: {first.total_number:,} values promised, {height:,} received",
        )
    codes = [columns[f"{dimension}_code"] for dimension in first.class_objects]
    if codes and len(set(zip(*codes, strict=True))) < height:
        raise EstatShapeError(
            f"{first.info.stats_data_id}: 同じ値が2度あります",
            f"{first.info.stats_data_id}: a value comes twice",
        )
    return replace(
        first,
        columns=columns,
        next_key=None,
        legend={marker: text for table in tables for marker, text in table.legend.items()},
        annotations={code: text for table in tables for code, text in table.annotations.items()},
        warnings=tuple(dict.fromkeys(text for table in tables for text in table.warnings)),
    )


def _app_id() -> str:
    given = os.environ.get(APP_ID, "").strip()
    if not given:
        raise EstatAppIdError
    return given


def _without_app_id(text: str) -> str:
    given = os.environ.get(APP_ID, "").strip()
    return mask_secrets(text.replace(given, "***") if given else text)


def _raise_refusal(error: AcquisitionError) -> None:
    """Raise the API's own refusal when the answer holds one: a gateway in front of it answers 403 for STATUS 100."""
    try:
        document = json.loads(error.body)
        root = next(iter(document.values()))
        status, said = int(root["RESULT"]["STATUS"]), str(root["RESULT"]["ERROR_MSG"])
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return
    raise EstatError(status, said) from error


def _root(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    if name not in document:
        raise EstatShapeError(f"{name} がありません", f"{name} is missing")
    return _object(document[name])


def _result(root: dict[str, Any]) -> tuple[int, str]:
    result = _object(root.get("RESULT"))
    status, said = _number(result, "STATUS"), _text(result, "ERROR_MSG")
    if status not in (OK, NO_DATA):
        raise EstatError(status, said)
    return status, said


def _object(value: Any) -> dict[str, Any]:
    # The API writes "" where it has nothing.
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise EstatShapeError(f"項目の形が違います: {value!r:.60}", f"Not an object: {value!r:.60}")
    return value


def _listed(value: Any) -> list[Any]:
    """Return what may be one object, several or nothing as a list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return what may be one object, several or nothing as a list of objects."""
    listed = _listed(value)
    return listed if set(map(type, listed)) <= {dict} else [_object(one) for one in listed]


def _text(holder: Any, key: str) -> str:
    value = _object(holder).get(key, "")
    return "" if value is None else str(value)


def _title(value: Any) -> str:
    """Return a title, which is text alone or an object with a number."""
    return _text(value, "$") if isinstance(value, dict) else str(value or "")


def _number(holder: dict[str, Any], key: str) -> int:
    try:
        return int(holder[key])
    except (KeyError, TypeError, ValueError) as error:
        raise EstatShapeError(f"{key} がありません", f"{key} is missing") from error


def _table_info(data: dict[str, Any]) -> TableInfo:
    table = _object(data.get("TABLE_INF"))
    return TableInfo(
        stats_data_id=_text(table, "@id"),
        title=_title(table.get("TITLE")),
        statistics_name=_title(table.get("STATISTICS_NAME")),
        survey_date=_text(table, "SURVEY_DATE"),
        open_date=_text(table, "OPEN_DATE"),
        updated_date=_text(table, "UPDATED_DATE"),
    )


def _empty_table(root: dict[str, Any], data: dict[str, Any]) -> StatsTable:
    info = _table_info(data)
    asked = _text(root.get("PARAMETER"), "STATS_DATA_ID")
    class_objects = _class_objects(data)
    return StatsTable(
        info=replace(info, stats_data_id=info.stats_data_id or asked),
        columns=_columns([], class_objects),
        class_objects=class_objects,
        legend={},
        annotations={},
        total_number=0,
        next_key=None,
    )


def _class_objects(data: dict[str, Any]) -> dict[str, ClassObject]:
    given = [_object(one) for one in _listed(_object(data.get("CLASS_INF")).get("CLASS_OBJ"))]
    return {_text(one, "@id"): _class_object(one) for one in given}


def _class_object(given: dict[str, Any]) -> ClassObject:
    classes = [
        EstatClass(
            code=_text(one, "@code"),
            name=_text(one, "@name"),
            level=_text(one, "@level") or None,
            unit=_text(one, "@unit") or None,
            parent_code=_text(one, "@parentCode") or None,
        )
        for one in _listed(given.get("CLASS"))
    ]
    return ClassObject(
        dimension=_text(given, "@id"),
        name=_text(given, "@name"),
        classes={one.code: one for one in classes},
        explanations={_text(one, "@id"): _text(one, "$") for one in _listed(given.get("EXPLANATION"))},
    )


def _check_count(counted: dict[str, Any], values: int) -> None:
    promised = _number(counted, "TO_NUMBER") - _number(counted, "FROM_NUMBER") + 1
    if promised != values:
        raise EstatShapeError(
            f"{promised:,}件のはずが{values:,}件です", f"{promised:,} values promised, {values:,} received"
        )


def _texts(values: list[dict[str, Any]], key: str) -> list[str]:
    """Return one field of all values as texts: nearly always they are texts already."""
    found = [value.get(key, "") for value in values]
    if set(map(type, found)) <= {str}:
        return found
    return ["" if text is None else str(text) for text in found]


def _columns(values: list[dict[str, Any]], class_objects: dict[str, ClassObject]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for dimension, class_object in class_objects.items():
        columns |= _dimension(class_object, _texts(values, f"@{dimension}"))
    columns["raw_text"] = _texts(values, "$")
    for name in ("unit", "annotation"):
        columns[name] = [text or None for text in _texts(values, f"@{name}")]
    return columns


def _dimension(class_object: ClassObject, codes: list[str]) -> dict[str, list[Any]]:
    used = {code: code for code in codes}
    for code in used:
        _check_code(class_object, code)
    names = {code: class_object.classes[code].name for code in used}
    dimension = class_object.dimension
    columns: dict[str, list[Any]] = {
        # The same objects, not only equal ones: whoever compares them later is done sooner.
        f"{dimension}_code": [used[code] for code in codes],
        f"{dimension}_name": [names[code] for code in codes],
    }
    if dimension == "time":
        times = {code: _time(code) for code in used}
        columns["time_year"] = [times[code][0] for code in codes]
        columns["time_kind"] = [times[code][1] for code in codes]
    return columns


def _check_code(class_object: ClassObject, code: str) -> None:
    where = f"{class_object.dimension} ({class_object.name}) {code!r}"
    if code not in class_object.classes:
        raise EstatShapeError(f"{where}: 一覧にないコードです", f"{where}: a code that is not in the list")
    if class_object.dimension == "area" and not _AREA.fullmatch(code):
        raise EstatShapeError(
            f"{where}: 数字5桁の地域コードではありません", f"{where}: not an area code of five digits"
        )


def _time(code: str) -> tuple[int, str]:
    match = _TIME.fullmatch(code)
    if not match:
        raise EstatShapeError(
            f"time {code!r}: 年（YYYY000000）でも年度（YYYY100000）でもありません",
            f"time {code!r}: neither a calendar year (YYYY000000) nor a fiscal year (YYYY100000)",
        )
    return int(match[1]), _TIME_KINDS[match[2]]
