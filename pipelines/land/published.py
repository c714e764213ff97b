"""One file of a publisher from archived bytes to figures: layout, period, bodies, cells, sums."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.corrections import Correction
from pipelines.catalog.loader import Catalog
from pipelines.catalog.models import Source
from pipelines.catalog.published import Identity, Layout, PublishedTable
from pipelines.contracts.bodies import Bodies, match_bodies_by_day
from pipelines.contracts.cells import DECIMAL
from pipelines.contracts.corrected import apply_corrections
from pipelines.contracts.figures import REPORTED, Numbers, mark_key, read_columns
from pipelines.contracts.observations import OBSERVATION_SCHEMA
from pipelines.contracts.ties import check_ties, total_missing
from pipelines.defects import Defect, unique
from pipelines.extract.body import BODY, Body, plain, read_body
from pipelines.extract.header import Header, find_anchor, header_paths, read_header
from pipelines.extract.period import PeriodError, Span, names_period, period_words, read_period
from pipelines.extract.reading import read_sheet
from pipelines.extract.sheet import (
    IncompleteFileError,
    Sheet,
    UnreadableFileError,
    address,
    cell_text,
    column_letters,
    swapped,
    transposed,
)
from pipelines.extract.table import ROW, Place
from pipelines.files import sha256_of
from pipelines.identity.match import AreaRegister
from pipelines.land.frame import FigureRows, day_expressions, figure_frame, statistic_expression
from pipelines.land.source import damaged, unreadable
from pipelines.normalize.japanese_dates import (
    DateExpression,
    DateExpressionError,
    day_within,
    parse_date_expression,
    parse_serial_day,
    parse_year,
)

_TITLE_ROWS = 15
# A file in which more rows than this break a rule of the row has its columns mixed up.
_COLUMNS_ARE_WRONG = 0.1
# A file that leaves out more bodies than this, or its last ones, was cut off.
_CUT_OFF = 0.02


@dataclass
class FileReading:
    """What one file gave: figures (None when refused), what it describes, counts, and everything wrong with it."""

    frame: pl.DataFrame | None = None
    span: Span | None = None
    sheet: str | None = None
    bodies: int = 0
    unresolved: int = 0
    compared_sums: int = 0
    defects: list[Defect] = field(default_factory=list)


class RefusedFileError(Exception):
    """The file as a whole cannot be trusted; the defects say why."""

    def __init__(self, defects: list[Defect]) -> None:
        super().__init__("; ".join(defect.message("en") for defect in defects))
        self.defects = defects


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Hold the garbage collector: a file's million cells have no cycles, and going through them takes its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class PublishedReader:
    """Reads files of one table of one source; `register` knows the bodies of every day."""

    def __init__(self, source: Source, name: str, register: AreaRegister, catalog: Catalog) -> None:
        self._source = source
        self._catalog = catalog
        self._name = name
        self._table: PublishedTable = source.published[name]
        self._register = register

    def read(self, path: Path, snapshot: Snapshot) -> FileReading:
        """Read one archived file; whatever is wrong is in the reading's defects, never an exception."""
        reading = FileReading()
        place = Place(self._source.source_id, self._name, snapshot)
        try:
            with _collector_at_rest():
                self._read(path, snapshot, place, reading)
        except RefusedFileError as error:
            reading.frame = None
            reading.defects += [replace(defect, severity="error") for defect in error.defects]
        if self._table.transposed:
            _turn_back(reading)
        reading.defects = unique(reading.defects)
        return reading

    def _read(self, path: Path, snapshot: Snapshot, place: Place, reading: FileReading) -> None:
        sheet = self._sheet(path, snapshot, place)
        reading.sheet = sheet.name
        place = replace(place, sheet=sheet.name)
        layout, span = self._layout_and_span(sheet, snapshot, place)
        reading.span = span
        header, defects = read_header(sheet, layout, period_words(span), place)
        if header is None:
            raise RefusedFileError(defects)
        if lost := _lost_columns(layout, header, span, place):
            raise RefusedFileError(lost)
        identity = self._table.identity
        keys = [key for key in (identity.code, identity.prefecture, identity.name) if key] if identity else []
        body, defects = read_body(sheet, layout, header, keys, place)
        if defects:
            raise RefusedFileError(defects)
        if not body.rows:
            raise RefusedFileError([_no_rows(place, header)])
        if lost_kinds := {str(rule.kind) for rule in layout.rows if rule.required} - set(body.kinds):
            raise RefusedFileError([total_missing(place, kind) for kind in sorted(lost_kinds)])
        if identity is None:
            reading.frame = _reference_frame(layout, body, span, snapshot)
            return
        sheet_units_agree(sheet, layout, header, place)
        reading.defects += _unknown_marks(sheet, layout, self._table, place)
        bodies, by_day = match_bodies_by_day(
            identity,
            self._register,
            body,
            header,
            _repeats(layout, body),
            _index_days(span, identity, layout, body),
            place,
        )
        defects = [defect for found in by_day.values() for defect in found]
        reading.bodies = bodies.matched
        reading.unresolved = sum(defect.row is not None and defect.severity == "error" for defect in defects)
        reading.defects += defects
        for day, found in by_day.items():
            _refuse_cut_off(found, self._register.on(day).of_types(*identity.complete))
        counted = [
            key
            for key, column in layout.columns.items()
            if column.type == "number" and key in header.positions
        ]
        numbers = read_columns({key: body.texts(key) for key in counted}, layout.columns, self._table.marks)
        reading.defects += _failed_cells(numbers, layout, body, header, place)
        values = _values(layout, body, bodies, numbers, keys)
        reading.defects += _undescribed_rows(layout, body, header, place)
        reading.defects += _unreadable_days(layout, body, header, place)
        refused, refused_cells, defects = _row_checks(values, layout, place)
        reading.defects += defects
        ties = check_ties(values, layout, place)
        reading.compared_sums = ties.compared
        if ties.file_is_wrong:
            raise RefusedFileError(ties.defects)
        reading.defects += ties.defects
        outside, defects = _outside_limits(numbers, layout, body, header, place)
        reading.defects += defects
        outside |= refused_cells
        figures = self._figures(layout, header, body, bodies, numbers, span, place, refused, outside)
        reading.frame, defects = apply_corrections(figures, self._corrections(span), place)
        reading.defects += defects

    def _corrections(self, span: Span) -> list[Correction]:
        described = self._catalog.sources[self._source.source_id].corrections
        return [entry for entry in described if (entry.table, entry.period) == (self._name, span.label)]

    def _sheet(self, path: Path, snapshot: Snapshot, place: Place) -> Sheet:
        if sha256_of(path) != snapshot.snapshot_sha256:
            raise RefusedFileError([damaged(place)])
        patterns = list(
            dict.fromkeys(name for layout in reversed(self._table.layouts) for name in layout.sheet)
        )
        try:
            sheet = read_sheet(path, snapshot.file_name, patterns, self._table.member_of(snapshot.file_name))
            return transposed(sheet) if self._table.transposed else sheet
        except IncompleteFileError as error:
            raise RefusedFileError(
                [
                    place.defect(
                        "incomplete_answer", str(error),
                        "表の一部だけです。すべてのページを一つの .tar.gz にまとめてください",
                        "This is a part of the table only: put all pages into one .tar.gz",
                    )
                ]
            ) from error  # fmt: skip
        except UnreadableFileError as error:
            raise RefusedFileError([unreadable(place, error)]) from error

    def _layout_and_span(self, sheet: Sheet, snapshot: Snapshot, place: Place) -> tuple[Layout, Span]:
        """Return the layout of the span that the file itself names."""
        newest = self._table.layouts[-1]
        found = [(layout, find_anchor(sheet, layout)) for layout in reversed(self._table.layouts)]
        layout, first = next(((layout, row) for layout, row in found if row is not None), (newest, None))
        texts = _places(sheet, layout, first, snapshot.file_name, self._table)
        if known := self._table.known_files.get(snapshot.snapshot_sha256):
            texts["known"] = known.period
        try:
            span = read_period(self._table.period, texts)
        except PeriodError as error:
            raise RefusedFileError([_no_period(error, self._table, place)]) from error
        held = self._table.layout_on(span.year)
        if held is None:
            raise RefusedFileError(
                [
                    place.defect(
                        "no_layout", span.label,
                        f"{self._table.layouts[0].since}年（度）より前の様式は記述されていません",
                        f"No layout is described before {self._table.layouts[0].since}",
                    )
                ]
            )  # fmt: skip
        if find_anchor(sheet, held) is None and first is not None:
            return layout, span
        return held, span

    def _figures(
        self, layout: Layout, header: Header, body: Body, bodies: Bodies, numbers: dict[str, Numbers], span: Span,
        place: Place, refused: set[int], outside: set[tuple[int, str]],
    ) -> pl.DataFrame:  # fmt: skip
        rows = FigureRows(
            codes=bodies.codes,
            numbers=[row + 1 for row in body.rows],
            scopes=[scope or self._table.body_scope for scope in body.scopes],
            texts={name: body.plain_texts(name) for name in _condition_columns(layout)},
            days={key: _dates_of(key, layout, body) for key in layout.day_columns()},
            refused=refused,
            outside=outside,
        )
        letters = {key: column_letters(header.positions[key]) for key in numbers}
        units = {item_id: item.unit for item_id, item in self._catalog.items.items()}
        figures = figure_frame(layout, rows, numbers, letters, units, span)
        if figures is None:
            return pl.DataFrame(schema=OBSERVATION_SCHEMA)
        status = layout.observation_status or self._table.observation_status
        return self._complete(figures, day_expressions(rows), span, status, place)

    def _complete(
        self, figures: pl.DataFrame, days: tuple[pl.Expr, pl.Expr], span: Span, status: str, place: Place
    ) -> pl.DataFrame:
        """Return the figures in the common shape, with what all of them share."""
        table, source, snapshot = self._table, self._source, place.snapshot
        known = table.known_files.get(snapshot.snapshot_sha256)
        transcriber = (known.transcribed_by if known else None) or table.transcribed_by
        as_of, precision = days
        reported = pl.col("value_status") == REPORTED
        measured = status in ("final", "preliminary")
        reason = None if measured else status
        columns: dict[str, pl.Expr | str | bool | date | None] = {
            "statistic": statistic_expression(),
            "as_of_date": as_of,
            "date_precision": precision,
            "date_basis": table.date_basis,
            "fiscal_year": pl.col("fiscal_year").fill_null(
                as_of.dt.year().cast(pl.Int64) - (as_of.dt.month() < 4).cast(pl.Int64)
            ),
            "value_is_approximate": False,
            "observation_status": status,
            "label_is_inferred": False,
            "enters_verdict": reported & pl.lit(measured),
            "exclusion_reason": pl.when(~reported)
            .then(pl.lit("no_value"))
            .otherwise(pl.lit(reason, pl.String)),
            "document_id": f"{self._name}:{span.label}:{snapshot.snapshot_sha256[:12]}",
            "citation_title_ja": f"{source.title.ja}　{table.title.ja}（{span.label}）",
            "citation_publisher_ja": transcriber or source.publisher.ja,
            "original_publisher_ja": source.publisher.ja if transcriber else None,
            "is_secondary": transcriber is not None,
            "citation_url": table.url or source.landing_url,
            "published_on": date.fromisoformat(snapshot.published_on) if snapshot.published_on else None,
            "published_on_basis": "page_date" if snapshot.published_on else None,
            "source_id": source.source_id,
            "source_table": self._name,
            "snapshot_sha256": snapshot.snapshot_sha256,
            "retrieved_at": snapshot.retrieved_at,
            "sheet": place.sheet,
            "cell": pl.col("letters") + pl.col(ROW).cast(pl.String),
        }
        held = dict.fromkeys(figures.columns)
        return figures.select(
            _as_column(columns.get(name, pl.col(name) if name in held else None), dtype).alias(name)
            for name, dtype in OBSERVATION_SCHEMA.items()
        )


def _as_column(value: pl.Expr | str | bool | date | None, dtype: Any) -> pl.Expr:
    return value.cast(dtype) if isinstance(value, pl.Expr) else pl.lit(value, dtype)


def _lost_columns(layout: Layout, header: Header, span: Span, place: Place) -> list[Defect]:
    """Return a defect for each absent column that was optional only before this period."""
    return [
        place.defect(
            "missing_header", None, f"{span.year}年（度）には見出し「{column.header[0]}」の列があるはずです",
            f"A file of {span.year} has a column headed '{column.header[0]}'",
            row=header.first_body_row, column=column.header[0],
        )
        for key, column in layout.columns.items()
        if key not in header.positions and column.must_be_in(span.year)
    ]  # fmt: skip


def _condition_columns(layout: Layout) -> list[str]:
    """Return the columns that measures depend on."""
    return sorted(
        {name for column in layout.columns.values() for measure in column.measures for name in measure.when}
    )


@lru_cache(maxsize=4096)
def _dated(text: str, is_year: bool, month_day: str | None) -> DateExpression | None:
    try:
        found = parse_year(text) if is_year else parse_date_expression(text)
    except DateExpressionError:
        return None
    return day_within(found, *map(int, month_day.split("-"))) if month_day else found


def _dates_of(key: str, layout: Layout, body: Body) -> list[DateExpression | None]:
    column = layout.columns[key]
    texts = body.texts(key)
    if column.type == "date" and any(isinstance(value, float) for value in body.columns[key]):
        # A day without a date format is a bare number in a workbook; text that looks like one stays text.
        return [
            _stored(value) if isinstance(value, float) else _dated(text, False, column.month_day)
            for value, text in zip(body.columns[key], texts, strict=True)
        ]
    return [_dated(text, column.type == "year", column.month_day) for text in texts]


def _stored(number: float) -> DateExpression | None:
    try:
        return parse_serial_day(number)
    except DateExpressionError:
        return None


def _index_days(span: Span, identity: Identity, layout: Layout, body: Body) -> list[date]:
    """Return the day as of which each row names its body."""
    day = date(span.year, 4, 1) if identity.as_of == "fiscal_year_start" else span.day
    if identity.as_of != "row":
        return [day] * len(body.rows)
    return [found.day if found else day for found in _dates_of(layout.day_columns()[0], layout, body)]


def _undescribed_rows(layout: Layout, body: Body, header: Header, place: Place) -> list[Defect]:
    """Return a defect for each breakdown in a long table of which no measure speaks: nothing is passed over silently."""
    wanted = [measure.when for column in layout.columns.values() for measure in column.measures]
    names = _condition_columns(layout)
    if not all(wanted) or not names:
        return []
    first: dict[tuple[str, ...], int] = {}
    for text, kind, row in zip(
        zip(*map(body.plain_texts, names), strict=True), body.kinds, body.rows, strict=True
    ):
        if kind == BODY and text not in first:
            first[text] = row
    described = [{name: plain(text) for name, text in when.items()} for when in wanted]
    return [
        place.defect(
            "undescribed_breakdown", " ".join(text),
            "どの項目として読むかの記述がないため、この内訳の行は読みませんでした",
            "These rows were not read: the description does not say what item they are",
            row=row + 1, column=names[0], cell=address(row, header.positions[names[0]]), severity="warning",
        )
        for text, row in sorted(first.items(), key=lambda entry: entry[1])
        if not any(when.items() <= dict(zip(names, text, strict=True)).items() for when in described)
    ]  # fmt: skip


def _unreadable_days(layout: Layout, body: Body, header: Header, place: Place) -> list[Defect]:
    """Return a defect for each day that a figure needs and that cannot be read; too many refuse the file."""
    defects = [
        place.defect(
            "not_a_date", text, "日付（年の列では年）が必要です（例: 令和2年4月1日、R. 2. 4. 1、2020年度）",
            "A date is needed, such as R. 2. 4. 1, or in a column of years a year, such as 2020年度",
            row=row + 1, column=key, cell=address(row, header.positions[key]), severity="warning",
        )
        for key in layout.day_columns()
        for row, kind, text, found in zip(
            body.rows, body.kinds, body.texts(key), _dates_of(key, layout, body), strict=True
        )
        if kind == BODY and found is None
    ]  # fmt: skip
    if len(defects) > max(3, len(body.rows) * _COLUMNS_ARE_WRONG):
        raise RefusedFileError(defects[:20])
    return defects


def _turn_back(reading: FileReading) -> None:
    """Give the cells of a sheet that was read on its side the addresses they have in the file."""
    if reading.frame is not None and "cell" in reading.frame.columns:
        cells = {cell: swapped(cell) for cell in reading.frame["cell"].unique()}
        reading.frame = reading.frame.with_columns(pl.col("cell").replace(cells))
    reading.defects = [_turned(defect) for defect in reading.defects]


def _turned(defect: Defect) -> Defect:
    """Return a defect of a sheet on its side with the row and the column's letters of the file."""
    cell = swapped(defect.cell or "")
    letters = cell.rstrip("0123456789")
    if not letters.isalpha():
        return defect
    return replace(defect, cell=cell, row=int(cell.removeprefix(letters)), column=letters)


def _places(
    sheet: Sheet, layout: Layout, first: int | None, file: str, table: PublishedTable
) -> dict[str, str]:
    above = sheet.rows[: first if first is not None else _TITLE_ROWS]
    title = "\n".join(text for row in above for cell in row if (text := cell_text(cell).strip()))
    texts = {"title": title, "sheet": sheet.name, "file": file}
    if first is not None:
        paths = header_paths(sheet, first, layout.header_rows, layout.heads_spread_to)
        texts["header"] = "\n".join(paths)
        column = layout.columns.get(table.period.column or "")
        if column is not None and len(sheet.rows) > first + layout.header_rows:
            wanted = [index for index, path in enumerate(paths) if path in column.header]
            if wanted:
                body = sheet.rows[first + layout.header_rows :]
                # Long tables repeat their header, and notes stand under tables.
                cells = {
                    cell_text(value) for value in {row[wanted[0]] for row in body if wanted[0] < len(row)}
                }
                found = sorted(filter(names_period, cells))
                texts |= {"column": found[-1]} if found else {}
                texts |= {"column_first": found[0]} if found and table.period.kind == "fiscal_year" else {}
    return texts


def _no_period(error: PeriodError, table: PublishedTable, place: Place) -> Defect:
    kind = "年度" if table.period.kind == "fiscal_year" else "基準日"
    kind_en = "fiscal year" if table.period.kind == "fiscal_year" else "day"
    if len(error.found) > 1:
        return place.defect(
            "period_contradicts", str(error),
            f"{kind}の記載が食い違います。別の年のファイルがこの名で置かれていないか確かめてください",
            f"The places that name the {kind_en} disagree: is this another year's file under this name?",
        )  # fmt: skip
    return place.defect(
        "period_unknown", str(error) or None,
        f"{kind}が表題にもシート名にもファイル名にもありません。ファイル名に年度を書いてください（例: H27.xls）",
        f"Neither title, sheet nor file name gives the {kind_en}: write it in the file's name (such as H27.xls)",
    )  # fmt: skip


def _no_rows(place: Place, header: Header) -> Defect:
    return place.defect(
        "no_rows", None, "見出しの下に行がありません。途中で切れたファイルではありませんか",
        "There are no rows under the header: was the file cut off?", row=header.first_body_row, column="*",
    )  # fmt: skip


def sheet_units_agree(sheet: Sheet, layout: Layout, header: Header, place: Place) -> None:
    """Raise RefusedFileError when the sheet prints one money unit and the description has another."""
    printed = {
        unit
        for row in sheet.rows[: header.first_body_row]
        for cell in row
        if isinstance(cell, str) and "単位" in cell
        for unit in ("百万円", "千円", "億円")
        if unit in cell
    }
    declared = {
        column.unit for column in layout.columns.values() if column.unit in ("円", "千円", "百万円", "億円")
    }
    if printed and declared and not printed & declared:
        raise RefusedFileError(
            [
                place.defect(
                    "unit_differs", "・".join(sorted(printed)), f"単位は {'・'.join(sorted(map(str, declared)))} のはずです",
                    f"The unit should be {', '.join(sorted(map(str, declared)))}",
                )
            ]
        )  # fmt: skip


def _repeats(layout: Layout, body: Body) -> list[str]:
    """Return what tells apart the rows of one body: the texts that measures depend on, and its years."""
    names = _condition_columns(layout)
    names += [key for key in layout.day_columns() if layout.columns[key].type == "year" and key not in names]
    if not names:
        return [""] * len(body.rows)
    return ["|".join(parts) for parts in zip(*(body.plain_texts(name) for name in names), strict=True)]


def _unknown_marks(sheet: Sheet, layout: Layout, table: PublishedTable, place: Place) -> list[Defect]:
    """Return a defect for each mark of which the file says what it means and the description does not."""
    legends = [table.marks, *(column.marks for column in layout.columns.values())]
    known = {mark_key(mark) for legend in legends for mark in legend}
    return [
        place.defect(
            "mark_not_in_legend", f"{mark}（{meaning}）",
            "この記号の意味を記述の marks に加えてください。加えるまで、この記号の欄は読めないものとして扱います",
            "Add this mark to the marks of the description; until then its cells count as unreadable",
            column=f"NOTE {mark}", severity="warning",
        )
        for mark, meaning in sheet.marks.items()
        if mark_key(mark) not in known
    ]  # fmt: skip


def _refuse_cut_off(defects: list[Defect], expected: frozenset[str]) -> None:
    missing = [defect.column for defect in defects if defect.rule == "body_missing"]
    if not missing:
        return
    last = max(expected)
    if last in missing or len(missing) > max(3, len(expected) * _CUT_OFF):
        raise RefusedFileError([defect for defect in defects if defect.rule == "body_missing"][:20])


def _failed_cells(
    numbers: dict[str, Numbers], layout: Layout, body: Body, header: Header, place: Place
) -> list[Defect]:
    defects = []
    for key, column in numbers.items():
        if not layout.columns[key].measures:
            continue
        for index in column.failed:
            row = body.rows[index]
            defects.append(
                place.defect(
                    "not_a_number", column.texts[index] or None,
                    "数か、凡例にある記号を一つだけ書いてください", "Write one number, or one mark of the legend",
                    row=row + 1, column=header.paths[header.positions[key]],
                    cell=address(row, header.positions[key]), severity="warning",
                )
            )  # fmt: skip
    return defects


def _values(
    layout: Layout, body: Body, bodies: Bodies, numbers: dict[str, Numbers], identity: list[str]
) -> pl.DataFrame:
    texts = [pl.Series(body.texts(key), dtype=pl.String) for key in identity if key in body.columns]
    shown = [pl.when(text != "").then(text) for text in texts]
    labels = pl.select(pl.concat_str(*shown, separator=" ", ignore_nulls=True)).to_series()
    blocks = {tie.by for tie in layout.ties if tie.by}
    # A check may name an optional column: one that the file does not have is null.
    absent = pl.Series([None] * len(body.rows), dtype=DECIMAL)
    return pl.DataFrame(
        {
            "row": pl.Series([row + 1 for row in body.rows], dtype=pl.Int64),
            "kind": pl.Series(body.kinds, dtype=pl.String),
            "area_type": pl.Series(bodies.types, dtype=pl.String),
            "prefecture": pl.Series(bodies.prefectures, dtype=pl.String),
            "label": labels,
            **{key: pl.Series(body.plain_texts(key), dtype=pl.String) for key in blocks},
            **{key: column.values for key, column in numbers.items()},
            **{
                key: absent
                for key, column in layout.columns.items()
                if column.type == "number" and key not in numbers
            },
        }
    )


@cache
def _rule(sql: str) -> pl.Expr:
    return pl.sql_expr(sql)


def _row_checks(
    values: pl.DataFrame, layout: Layout, place: Place
) -> tuple[set[int], set[tuple[int, str]], list[Defect]]:
    """Return the rows and cells refused and what broke the rules over one row; too many rows refuse the file."""
    refused: set[int] = set()
    cells: set[tuple[int, str]] = set()
    defects: list[Defect] = []
    broke = values.select(
        (~_rule(check.sql).fill_null(True)).alias(str(number)) for number, check in enumerate(layout.checks)
    )
    for number, check in enumerate(layout.checks):
        is_broken = broke[str(number)]
        if not is_broken.any():
            continue
        broken = values.filter(is_broken)
        found = [
            place.defect(
                check.id, row["label"], check.message.ja, check.message.en, row=row["row"], column=check.id,
                severity=check.severity,
            )
            for row in broken.select("row", "label").to_dicts()
        ]  # fmt: skip
        if check.severity == "error" and len(found) > max(3, values.height * _COLUMNS_ARE_WRONG):
            raise RefusedFileError(found[:20])
        if check.severity == "error" and check.columns:
            cells |= {(row, column) for row in broken["row"].to_list() for column in check.columns}
        elif check.severity == "error":
            refused |= set(broken["row"].to_list())
        defects += found
    return refused, cells, defects


def _outside_limits(
    numbers: dict[str, Numbers], layout: Layout, body: Body, header: Header, place: Place
) -> tuple[set[tuple[int, str]], list[Defect]]:
    """Return the cells (row from 1, column) beyond their column's limits, with a defect for each."""
    outside: set[tuple[int, str]] = set()
    defects = []
    for key, column in numbers.items():
        rule = layout.columns[key]
        for limit, wrong in (
            (rule.minimum, column.values < rule.minimum if rule.minimum is not None else None),
            (rule.maximum, column.values > rule.maximum if rule.maximum is not None else None),
        ):
            if wrong is None or not wrong.any():
                continue
            for index in wrong.fill_null(False).arg_true().to_list():
                row = body.rows[index]
                outside.add((row + 1, key))
                defects.append(
                    place.defect(
                        "out_of_range", column.texts[index],
                        f"{rule.minimum:g} から {rule.maximum:g} までの値のはずです" if rule.minimum is not None and rule.maximum is not None else f"{limit:g} を越えています",
                        f"Expected within [{rule.minimum}, {rule.maximum}]",
                        row=row + 1, column=header.paths[header.positions[key]], cell=address(row, header.positions[key]),
                    )
                )  # fmt: skip
    if len(outside) > max(3, len(body.rows) * _COLUMNS_ARE_WRONG):
        raise RefusedFileError(defects[:20])
    return outside, defects


def _reference_frame(layout: Layout, body: Body, span: Span, snapshot: Snapshot) -> pl.DataFrame:
    """Return the texts of a reference table with its day and each row's number in the file."""
    columns = {
        key: pl.Series([text.strip() or None for text in body.texts(key)], dtype=pl.String)
        if key in body.columns
        else pl.Series([None] * len(body.rows), dtype=pl.String)
        for key in layout.columns
    }
    return pl.DataFrame(
        {ROW: pl.Series([row + 1 for row in body.rows], dtype=pl.Int64), **columns}
    ).with_columns(as_of=pl.lit(span.day, pl.Date), snapshot_sha256=pl.lit(snapshot.snapshot_sha256))
