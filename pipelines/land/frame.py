"""The figures of one file as one frame: every column's numbers at the rows and on the days its measures speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from pipelines.catalog.published import Layout, Measure
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.contracts.cells import DECIMAL
from pipelines.contracts.figures import Numbers
from pipelines.extract.columns import plain
from pipelines.extract.period import Span
from pipelines.extract.table import ROW
from pipelines.normalize.area_codes import NATION
from pipelines.normalize.japanese_dates import DateExpression
from pipelines.normalize.units import convert


@dataclass
class FigureRows:
    """The rows of a file: their bodies, their numbers in the file from 1, the texts and days measures ask for.

    `values` are the numbers of the columns; `refused` are rows that give no figures, `outside` rows and columns whose
    cell gives none; `notes` are what a reader of each row's figures must know.
    """

    codes: Sequence[str | None]
    numbers: Sequence[int]
    scopes: Sequence[str]
    texts: Mapping[str, Sequence[str]]
    days: Mapping[str, Sequence[DateExpression | None]]
    values: Mapping[str, Numbers]
    refused: set[int]
    outside: set[tuple[int, str]]
    notes: Sequence[str] | None = None
    _places: dict[tuple[object, ...], pl.Series] = field(default_factory=dict, init=False)
    _groups: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = field(default_factory=dict, init=False)

    def places(self, key: str, measure: Measure) -> pl.Series:
        """Return the places of the rows of which a measure of a column speaks, in the order of the file."""
        dropped = frozenset(row for row, name in self.outside if name == key) if self.outside else frozenset()
        limits = (*sorted(measure.when.items()), *sorted(measure.only.items()))
        asked = (dropped, limits, measure.nation is None, measure.as_of_column)
        if asked not in self._places:
            places = self._where(measure.when)
            if measure.nation is None:
                places = [place for place in places if self.codes[place] != NATION]
            if measure.as_of_column:
                days = self.days[measure.as_of_column]
                places = [place for place in places if days[place] is not None]
            for name, number in measure.only.items():
                places = self._with_number(name, number, places)
            if dropped:
                places = [place for place in places if self.numbers[place] not in dropped]
            self._places[asked] = pl.Series(places, dtype=pl.UInt32)
        return self._places[asked]

    def _with_number(self, name: str, number: int, places: list[int]) -> list[int]:
        """Return those of some places where a column gives a number; none where the file has no such column."""
        if name not in self.values:
            return []
        cells = self.values[name].values.to_list()
        return [place for place in places if cells[place] == number]

    @cached_property
    def _taken(self) -> list[int]:
        """Return the places of the rows that name a body and are not refused."""
        named = [place for place, code in enumerate(self.codes) if code is not None]
        return (
            [place for place in named if self.numbers[place] not in self.refused] if self.refused else named
        )

    def _where(self, when: Mapping[str, str]) -> list[int]:
        names = tuple(sorted(when))
        if names not in self._groups:
            groups: dict[tuple[str, ...], list[int]] = {}
            if names:
                texts = list(zip(*(self.texts[name] for name in names), strict=True))
                for place in self._taken:
                    groups.setdefault(texts[place], []).append(place)
            else:
                groups[()] = self._taken
            self._groups[names] = groups
        return self._groups[names].get(tuple(plain(when[name]) for name in names), [])

    def frame(self) -> pl.DataFrame:
        """Return what the figures of a row share."""
        columns = {
            "area_code": pl.Series(self.codes, dtype=pl.String),
            ROW: pl.Series(self.numbers, dtype=pl.Int64),
            "body_scope": pl.Series(self.scopes, dtype=pl.String),
        }
        if self.notes is not None:
            columns["note_ja"] = pl.Series(self.notes, dtype=pl.String)
        for key, days in self.days.items():
            columns[day_of(key)] = pl.Series([found and found.day for found in days], dtype=pl.Date)
            columns[precision_of(key)] = pl.Series(
                [found and found.precision for found in days], dtype=pl.String
            )
        return pl.DataFrame(columns)


def day_of(key: str) -> str:
    """Return the name of the column with the days that a column of the file gives."""
    return f"day of {key}"


def precision_of(key: str) -> str:
    """Return the name of the column that says how precisely those days are known."""
    return f"precision of {key}"


def _period_of(measure: Measure, span: Span) -> dict[str, Any]:
    """Return the day and period of a measure's figures; nothing where a column of the file gives them."""
    if measure.as_of == "column":
        return {"as_of_date": None, "period_start": None, "fiscal_year": None, "date_precision": None}
    end = span.day
    if measure.years_before:
        end = date(end.year - measure.years_before, end.month, end.day)
    if measure.as_of == "day_after_period":
        end = end + timedelta(days=1)
    start = None
    if measure.covers_year:
        # A count on 1 January covers the year that ended the day before; one on 31 March ends that day.
        end = end - timedelta(days=1) if (end.month, end.day) == (1, 1) else end
        start = date(end.year - 1, end.month, end.day) + timedelta(days=1)
    return {
        "as_of_date": end,
        "period_start": start,
        "fiscal_year": span.year - measure.years_before if span.kind == "fiscal_year" else None,
        "date_precision": span.kind,
    }


_SHARED_SCHEMA: dict[str, Any] = {
    "item_id": pl.String,
    "series_id": pl.String,
    "unit": pl.String,
    "statistic_of_bodies": pl.String,
    "statistic_of_nation": pl.String,
    "letters": pl.String,
    "day_column": pl.String,
    "has_parts": pl.Boolean,
    "as_of_date": pl.Date,
    "period_start": pl.Date,
    "fiscal_year": pl.Int64,
    "date_precision": pl.String,
}


def _shared(measure: Measure, letters: str, unit: str, span: Span) -> dict[str, Any]:
    """Return what all figures of one measure of one column share."""
    return {
        "item_id": measure.item_id,
        "series_id": measure.series_id,
        "unit": unit,
        "statistic_of_bodies": measure.statistic,
        "statistic_of_nation": measure.nation,
        "letters": letters,
        "day_column": measure.as_of_column,
        "has_parts": measure.numerator is not None,
        **_period_of(measure, span),
    }


def _in_units(
    layout: Layout, numbers: Mapping[str, Numbers], wanted: Iterable[tuple[str, str]]
) -> list[pl.Series]:
    """Return the values of columns in the units in which their items are kept."""
    pairs = list(wanted)
    convertible = [(key, unit) for key, unit in pairs if layout.columns[key].unit != unit]
    read = pl.DataFrame({key: numbers[key].values for key, _ in convertible})
    units = load_vocabulary().unit_table()
    factors = [convert(Decimal(1), str(layout.columns[key].unit), unit, units) for key, unit in convertible]
    found = read.select(
        (pl.col(key) * pl.lit(factor, pl.Decimal(38, 10))).cast(DECIMAL).alias(str(place))
        for place, ((key, _), factor) in enumerate(zip(convertible, factors, strict=True))
    )
    converted = dict(zip(convertible, found.get_columns(), strict=True))
    return [converted.get((key, unit), numbers[key].values) for key, unit in pairs]


def _part(key: str | None, numbers: Mapping[str, Numbers], places: pl.Series) -> pl.Series:
    """Return the printed numerator or denominator of a ratio at some rows; null where the table prints none."""
    if key is None or key not in numbers:
        return pl.Series([None], dtype=DECIMAL).new_from_index(0, len(places))
    return numbers[key].values.gather(places)


def figure_frame(
    layout: Layout, rows: FigureRows, numbers: Mapping[str, Numbers], letters: Mapping[str, str],
    units: Mapping[str, str], span: Span,
) -> pl.DataFrame | None:  # fmt: skip
    """Return the figures with item, body, day, value and cell, column by column; None when nothing is measured.

    `units` are the units in which items are kept. Everything is laid out as positions and gathered at once.
    """
    shared: list[dict[str, Any]] = []
    places: list[pl.Series] = []
    cells: list[pl.Series] = []
    of_measure: list[pl.Series] = []
    sources: dict[tuple[str, str], int] = {}
    measured = [
        (key, measure)
        for key, column in layout.columns.items()
        if key in numbers
        for measure in column.measures
    ]
    if not measured:
        return None
    for key, measure in measured:
        unit = units[measure.item_id]
        begin = sources.setdefault((key, unit), len(sources) * len(rows.codes))
        found = rows.places(key, measure)
        places.append(found)
        cells.append(found + begin if begin else found)
        of_measure.append(pl.Series([len(shared)], dtype=pl.UInt32).new_from_index(0, len(found)))
        shared.append(_shared(measure, letters[key], unit, span))
    keys = [key for key, _ in sources]
    read = pl.DataFrame(
        {
            "value": pl.concat(_in_units(layout, numbers, sources), rechunk=True),
            "value_status": pl.concat([numbers[key].statuses for key in keys], rechunk=True),
            "raw_text": pl.concat([numbers[key].texts for key in keys], rechunk=True),
        }
    )
    figures = rows.frame()[pl.concat(places, rechunk=True)]
    figures = figures.hstack(read[pl.concat(cells, rechunk=True)].get_columns())
    if any(measure["has_parts"] for measure in shared):
        at = list(zip((measure for _, measure in measured), places, strict=True))
        figures = figures.with_columns(
            numerator=pl.concat([_part(measure.numerator, numbers, found) for measure, found in at]),
            denominator=pl.concat([_part(measure.denominator, numbers, found) for measure, found in at]),
        )
    measures = pl.DataFrame(shared, schema=_SHARED_SCHEMA)
    return figures.hstack(measures[pl.concat(of_measure, rechunk=True)].get_columns())


def day_expressions(rows: FigureRows) -> tuple[pl.Expr, pl.Expr]:
    """Return the day and the precision of a figure: those of its measure, or of the column that the measure names."""
    day, precision = pl.col("as_of_date"), pl.col("date_precision")
    for key in rows.days:
        is_given = pl.col("day_column") == key
        day = pl.when(is_given).then(pl.col(day_of(key))).otherwise(day)
        precision = pl.when(is_given).then(pl.col(precision_of(key))).otherwise(precision)
    return day, precision


def statistic_expression() -> pl.Expr:
    """Return the statistic of a figure: a nation's may be another than its bodies'."""
    of_nation = pl.col("area_code") == NATION
    return pl.when(of_nation).then(pl.col("statistic_of_nation")).otherwise(pl.col("statistic_of_bodies"))
