"""What is exported: which tables, and of them the rows of some areas, items and fiscal years."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipelines.export import figures
from pipelines.publish.datapackage import Column, Comments, columns_of, comments_of, table_comment
from pipelines.publish.described import DescribedTable
from pipelines.publish.dictionary import described_tables
from pipelines.query import quoted

if TYPE_CHECKING:
    import duckdb

_FIGURES = "marts.figures"
# Views that are exported unasked, because tables refer to them.
_VIEWS = ("marts.dim_area_current",)


class SelectionError(ValueError):
    """A name that is not known: its kind (table, area, prefecture or item), the text, and known ones near it."""

    def __init__(self, kind: str, text: str, near: list[str]) -> None:
        super().__init__(text)
        self.kind, self.text, self.near = kind, text, near


@dataclass(frozen=True)
class Selection:
    """What a reader asked for; nothing given means everything. Years are fiscal years, both ends included."""

    tables: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    prefectures: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    years: tuple[int, int] | None = None

    @property
    def limits_rows(self) -> bool:
        """Return whether rows are chosen, not only tables."""
        return bool(self.areas or self.prefectures or self.items or self.years)


@dataclass(frozen=True)
class ExportTable:
    """One table to be exported: the SQL of its rows, how many they are, and what they mean.

    A piece of a table that no sheet holds has its number, and in words which rows it has.
    """

    name: str
    query: str
    rows: int
    columns: list[Column]
    described: DescribedTable
    is_limited: bool = False
    piece: int = 0
    holds: str = ""

    @property
    def english(self) -> dict[str, str]:
        """Return the English meanings of its columns."""
        known = {name: self.described.column(name) for name, _, _ in self.columns}
        return {name: column.en for name, column in known.items() if column}

    @property
    def file_stem(self) -> str:
        """Return the name of its file: without schema for `marts`, as in the published Parquet."""
        stem = self.name.removeprefix("marts.")
        return f"{stem}.{self.piece}" if self.piece else stem


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(quoted(value) for value in values)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def known_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return every table and view that can be exported, with its schema."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('marts', 'meta') "
        "union select schema_name || '.' || view_name from duckdb_views() where schema_name in ('marts', 'meta') order by 1"
    ).fetchall()
    return [_FIGURES, *(row[0] for row in rows)]


def _default_tables(connection: duckdb.DuckDBPyConnection, *, with_figures: bool) -> list[str]:
    rows = connection.execute(
        "select 'marts.' || table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    ).fetchall()
    return [*([_FIGURES] if with_figures else []), *_VIEWS, *(row[0] for row in rows)]


def _named_tables(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> list[str]:
    known = known_tables(connection)
    found = []
    for name in dict.fromkeys(names):
        full = name if "." in name else f"marts.{name}"
        if full not in known:
            near = get_close_matches(full, known, 5) or get_close_matches(f"meta.{name}", known, 5)
            raise SelectionError("table", name, [text.removeprefix("marts.") for text in near])
        found.append(full)
    return found


def _check(
    connection: duckdb.DuckDBPyConnection, kind: str, given: tuple[str, ...], table: str, column: str
) -> None:
    if not given:
        return
    known = {row[0] for row in connection.execute(f"select distinct {column} from {table}").fetchall()}
    for text in given:
        if text not in known:
            raise SelectionError(kind, text, get_close_matches(text, sorted(filter(None, known)), 5))


def _conditions(selection: Selection, columns: list[str]) -> list[str]:
    conditions = []
    areas = []
    if selection.areas:
        areas.append(f"area_code in ({_texts(selection.areas)})")
    if selection.prefectures:
        codes = _texts(selection.prefectures)
        areas.append(
            f"area_code in (select area_code from marts.dim_area where prefecture_code in ({codes}) or area_code in ({codes}))"
        )
    if areas and "area_code" in columns:
        conditions.append(f"({' or '.join(areas)})")
    if selection.items and "item_id" in columns:
        conditions.append(f"item_id in ({_texts(selection.items)})")
    if selection.years and "fiscal_year" in columns:
        conditions.append(f"fiscal_year between {selection.years[0]:d} and {selection.years[1]:d}")
    return conditions


# Tables that others refer to stay whole: a package of one town still says what its items and areas are.
def _is_register(name: str) -> bool:
    return name.startswith("marts.dim_")


def _export_table(
    connection: duckdb.DuckDBPyConnection, name: str, selection: Selection, comments: Comments
) -> ExportTable:
    is_list = name == _FIGURES
    base = figures.QUERY if is_list else f"select * from {name}"
    columns = columns_of(connection, base, name, comments)
    conditions = [] if _is_register(name) else _conditions(selection, [column[0] for column in columns])
    query = f"select * from ({base})" + (f" where {' and '.join(conditions)}" if conditions else "")
    if is_list:
        query += f" order by {figures.ORDER}"
        described = figures.described(columns)
        columns = [(column.name, column.data_type, column.ja) for column in described.columns]
    else:
        known = described_tables().get(name)
        described = DescribedTable(
            name.partition(".")[2],
            table_comment(comments, name),
            known.en if known else "",
            known.key if known else (),
            known.columns if known else (),
        )
    rows = _one(connection, f"select count(*) from ({query})")
    return ExportTable(name, query, rows, columns, described, bool(conditions))


def resolve(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[ExportTable]:
    """Return the tables asked for, in order; raise SelectionError for a name that is not known."""
    _check(connection, "area", selection.areas, "marts.dim_area", "area_code")
    _check(connection, "prefecture", selection.prefectures, "marts.dim_area", "prefecture_code")
    _check(connection, "item", selection.items, "marts.dim_item", "item_id")
    names = (
        _named_tables(connection, selection.tables)
        if selection.tables
        else _default_tables(connection, with_figures=selection.limits_rows)
    )
    comments = comments_of(connection)
    return [_export_table(connection, name, selection, comments) for name in names]
