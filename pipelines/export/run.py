"""An export from beginning to end: the files of each format, and the package that describes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.export.csv_file import write_csv
from pipelines.export.folder import export_folder
from pipelines.export.parquet_file import write_parquet
from pipelines.export.pieces import pieces_of
from pipelines.export.tables import ExportTable, Selection, resolve
from pipelines.export.xlsx_file import MOST_CELLS, MOST_ROWS, PIECE_ROWS, About, write_workbook
from pipelines.publish.datapackage import Part, sources_used, write_package

if TYPE_CHECKING:
    import duckdb

FORMATS = ("parquet", "csv", "xlsx")
WORKBOOK = "mieruka.xlsx"


@dataclass
class Exported:
    """What an export wrote: files by format, and rows; and the tables too large to be workbooks unasked.

    `has_no_figures` when rows were chosen and no figure is among them.
    """

    files: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    left_out: list[str] = field(default_factory=list)
    has_no_figures: bool = False


@dataclass(frozen=True)
class Export:
    """One export of the published warehouse: what, in which formats, of which version."""

    connection: duckdb.DuckDBPyConnection
    selection: Selection
    formats: Sequence[str]
    version: str
    chosen: Sequence[str] = ()
    told: Callable[[str], None] = lambda _: None

    def into(self, folder: Path, *more: Callable[[Path, Exported], None]) -> Exported:
        """Write all files into a folder, and what `more` writes beside them; return what was written.

        Raises SelectionError or ForeignFileError with nothing changed in the folder.
        """
        done = Exported()
        written = [name for name in FORMATS if name in self.formats]
        tables = resolve(self.connection, self.selection) if written else []
        done.rows = sum(table.rows for table in tables)
        figures = [table.rows for table in tables if table.name == "marts.fct_observation"]
        done.has_no_figures = self.selection.limits_rows and figures == [0]
        with export_folder(folder, self.version) as staging:
            if "xlsx" in written and self.selection == Selection():
                done.left_out = [table.file_stem for table in tables if len(self._pieces(table)) > 1]
            parts = [part for name in written for part in self._write(name, tables, staging, done.left_out)]
            for part in parts:
                done.files[part.format] = done.files.get(part.format, 0) + 1
            if parts:
                write_package(self.connection, staging, parts, self.version)
            for write in more:
                write(staging, done)
        return done

    def _write(
        self, file_format: str, tables: list[ExportTable], staging: Path, left_out: list[str]
    ) -> list[Part]:
        if file_format == "xlsx":
            return self._workbooks([table for table in tables if table.file_stem not in left_out], staging)
        (staging / file_format).mkdir()
        parts = []
        for table in tables:
            part = Part(
                table.name, f"{file_format}/{table.file_stem}.{file_format}", table.query, table.described
            )
            self.told(part.path)
            if file_format == "csv":
                write_csv(self.connection, table, staging / part.path)
            else:
                write_parquet(self.connection, table, staging / part.path, self.version)
            parts.append(part)
        return parts

    def _workbooks(self, tables: list[ExportTable], staging: Path) -> list[Part]:
        """Write one workbook of what was chosen where one holds it, else one a table; a large table takes several."""
        if self.selection != Selection():
            tables = self._sheets(tables)
            if sum(table.rows * len(table.columns) for table in tables) <= MOST_CELLS:
                sheets = [piece for table in tables for piece in self._pieces(table)]
                self._workbook(sheets, [], staging / WORKBOOK)
                return [Part("workbook", WORKBOOK, "")]
        (staging / "xlsx").mkdir()
        parts = []
        for table in tables:
            pieces = self._pieces(table)
            for piece in pieces:
                name = f"{table.name}.{piece.piece}" if piece.piece else table.name
                part = Part(name, f"xlsx/{piece.file_stem}.xlsx", piece.query, piece.described)
                self._workbook([piece], pieces if len(pieces) > 1 else [], staging / part.path)
                parts.append(part)
        return parts

    def _pieces(self, table: ExportTable) -> list[ExportTable]:
        most = min(MOST_ROWS, MOST_CELLS // len(table.columns))
        return pieces_of(self.connection, table, most, min(PIECE_ROWS, most))

    def _sheets(self, tables: list[ExportTable]) -> list[ExportTable]:
        """Return what is worth a sheet: what was named, else what the choice left rows of; figures only once."""
        if self.selection.tables:
            return tables
        return [
            table
            for table in tables
            if table.is_limited and table.rows and table.name != "marts.fct_observation"
        ]

    def _workbook(self, tables: list[ExportTable], pieces: list[ExportTable], path: Path) -> None:
        self.told(path.name)
        about = About(self.version, self.chosen, pieces, sources_used(self.connection))
        write_workbook(self.connection, tables, path, about)
