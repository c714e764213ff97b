"""One register from archived bytes to asset lines: whose it is, of which year, its lines, its totals, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.registers import RegisterTable
from pipelines.defects import Defect, RefusedFileError, unique
from pipelines.extract.sheet import UnreadableFileError, cell_text
from pipelines.extract.table import Place
from pipelines.identity.match import AreaRegister
from pipelines.land.source import unreadable
from pipelines.register import findings
from pipelines.register.about import About
from pipelines.register.header import UNITS_IN_YEN, RegisterHeader, find_header
from pipelines.register.lines import AMOUNTS, LineReader, SheetLines, Total
from pipelines.register.schema import LINE_SCHEMA, TOTAL_SCHEMA, YEN
from pipelines.register.sheets import MAX_LINES, RowStream, open_rows
from pipelines.register.words import AccountWords, areas_in, codes_in, entity_of, fiscal_years_in, year_end

_TOP_ROWS = 40
# Of the numbers of a sheet this many may come twice before they are taken to begin anew in each part of it.
_FEW_DUPLICATES = 0.3


@dataclass
class RegisterReading:
    """What one register gave: lines and totals in the landed shape (None when refused), and everything wrong with it."""

    lines: pl.DataFrame | None = None
    totals: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TOTAL_SCHEMA))
    area_code: str | None = None
    fiscal_year: int | None = None
    entity: str = "general"
    sheets: list[str] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)


@dataclass(frozen=True)
class _Top:
    """A sheet with its header: the rows read so far are kept to be read as lines."""

    stream: RowStream
    rows: list[list[object]]
    header: RegisterHeader

    def titles(self) -> list[str]:
        """Return the texts above the header."""
        cells = chain.from_iterable(self.rows[: self.header.first_row])
        return [cell_text(cell) for cell in cells if cell not in ("", None)]

    def below(self) -> Iterator[list[object]]:
        """Return the rows below the header."""
        return chain(self.rows[self.header.last_row + 1 :], self.stream.rows)


class RegisterReader:
    """Reads registers of one described table; `register` knows the bodies of every day."""

    def __init__(self, source_id: str, name: str, table: RegisterTable, register: AreaRegister) -> None:
        self._source_id = source_id
        self._name = name
        self._table = table
        self._register = register

    def read(self, path: Path, snapshot: Snapshot, about: About | None = None) -> RegisterReading:
        """Read one file; whatever is wrong is in the reading's defects, never an exception."""
        reading = RegisterReading()
        place = Place(self._source_id, self._name, snapshot)
        try:
            with open_rows(path, snapshot.file_name) as streams:
                self._read(streams, place, about or About(), reading)
        except UnreadableFileError as error:
            reading.lines = None
            reading.defects.append(unreadable(place, error))
        except RefusedFileError as error:
            reading.lines = None
            reading.defects += error.defects
        reading.defects = unique(reading.defects)
        return reading

    def _read(self, streams: list[RowStream], place: Place, about: About, reading: RegisterReading) -> None:
        tops = self._tops(streams, place, reading)
        titles = [title for top in tops for title in top.titles()]
        names = [*reversed(Path(place.snapshot.file_name).parts)]
        reading.fiscal_year = _fiscal_year(about, titles, names, place)
        reading.entity = about.entity or entity_of(self._table, [*titles, *names])
        frames, totals, areas = [], [], set[str]()
        for top in tops:
            here = replace(place, sheet=top.stream.name)
            reading.defects += self._header_defects(top.header, about, here)
            header_rows = top.rows[top.header.first_row : top.header.last_row + 1]
            reader = LineReader(
                self._table, top.header, header_rows, AccountWords(self._table, self._around(top.stream, top.titles(), place)),
                UNITS_IN_YEN[about.unit or self._table.default_unit],
                top.stream.merged, max(map(len, header_rows)) if top.stream.delimited else None,
            )  # fmt: skip
            sheet = reader.read(_counted(top.below(), top.stream.name), top.header.last_row + 2)
            reading.defects += [findings.bad_cell(cell, here) for cell in sheet.bad_cells]
            reading.defects += [
                *findings.rows_above_header(top.rows, top.header, here),
                *findings.columns_without_header(top.rows, top.header, here),
            ]
            reading.defects += findings.blank_amounts(sheet.frame, top.header, here)
            reading.defects += [
                findings.odd_row(odd, sheet.odd_counts[odd.kind], here) for odd in sheet.odd_rows
            ]
            reading.defects += [
                *findings.accounts_from_above(sheet, here),
                *findings.accounts_mixed(sheet, reading.entity, self._table, here),
            ]
            areas |= sheet.areas
            frames.append(self._with_units(sheet, top, about))
            totals += [_total_record(total, top.stream.name) for total in sheet.totals]
        reading.sheets = [top.stream.name for top in tops]
        reading.defects += findings.lines_without_group(pl.concat(frames), place)
        reading.area_code = self._area(about, areas, titles, names, reading.fiscal_year, place)
        lines, reversed_ = _with_positive(pl.concat(frames))
        for name in reversed_:
            totals = [{**total, name: _positive(total.get(name))} for total in totals]
            reading.defects.append(findings.sign_reversed(place, name, self._table))
        if lines.is_empty():
            raise RefusedFileError([findings.no_lines(place)])
        reading.lines = self._landed(lines, reading, place)
        reading.totals = _landed_totals(totals, reading, place)

    def _tops(self, streams: list[RowStream], place: Place, reading: RegisterReading) -> list[_Top]:
        """Return the sheets that have a header of a register; raise RefusedFileError when there is none."""
        tops, missing = [], []
        for stream in streams:
            rows = stream.take(_TOP_ROWS)
            header = find_header(rows, self._table)
            here = replace(place, sheet=stream.name)
            if header is None:
                if sum(1 for row in rows if any(cell not in ("", None) for cell in row)) > 1:
                    reading.defects.append(findings.sheet_without_header(here))
                continue
            titles = [
                cell_text(cell) for row in rows[: header.first_row] for cell in row if cell not in ("", None)
            ]
            words = AccountWords(self._table, self._around(stream, titles, place))
            found = self._missing(header, here, account_is_said=words.said_around())
            missing += found
            if not found:
                tops.append(_Top(stream, rows, header))
        # Beside a sheet of lines a sheet of sums by account lacks the columns of a register.
        refused = [defect for defect in missing if not tops or defect.rule != "missing_header"]
        if refused:
            raise RefusedFileError(missing)
        reading.defects += [
            findings.sheet_without_columns(replace(place, sheet=sheet))
            for sheet in dict.fromkeys(defect.sheet for defect in missing)
        ]
        if not tops:
            raise RefusedFileError([findings.no_header(place, self._table)])
        return tops

    def _around(self, stream: RowStream, titles: list[str], place: Place) -> tuple[str, ...]:
        """Return what may say the account of lines that do not: sheet, titles, file and folders."""
        return (stream.name, *titles, *reversed(Path(place.snapshot.file_name).parts))

    def _missing(self, header: RegisterHeader, place: Place, *, account_is_said: bool) -> list[Defect]:
        """Return which columns a header lacks or names twice without which nothing can be computed."""
        given = {*header.positions, *(["account"] if account_is_said else [])}
        amounts = [column for column in self._table.columns.values() if column.type == "yen"]
        return [
            *(
                findings.columns_missing(group, header, self._table, place)
                for group in self._table.needs
                if given.isdisjoint(group)
            ),
            *(
                findings.header_repeated(text, place)
                for text in header.repeated
                if any(text_key in text for column in amounts for text_key in column.header)
            ),
        ]

    def _header_defects(self, header: RegisterHeader, about: About, place: Place) -> list[Defect]:
        amounts = {name for name in header.positions if self._table.columns[name].type == "yen"}
        is_assumed = about.unit is None and amounts - header.units.keys()
        return [
            *findings.columns_unread(header, place),
            *([findings.unit_assumed(place, self._table)] if is_assumed else []),
        ]

    def _area(
        self,
        about: About,
        areas: set[str],
        titles: list[str],
        names: list[str],
        fiscal_year: int,
        place: Place,
    ) -> str:
        """Return the body; raise RefusedFileError when none or several are named."""
        day = year_end(fiscal_year)
        printed = {code for text in areas for code in areas_in(text, self._register, day)}
        said = {about.area_code} if about.area_code else set()
        for found in (said, printed, *(areas_in(text, self._register, day) for text in [*titles, *names])):
            if len(found) == 1:
                code = next(iter(found))
                if printed - {code}:
                    break
                return str(code)
            if found:
                break
        else:
            if codes := sorted({code for text in [*titles, *names] for code in codes_in(text)}):
                raise RefusedFileError([findings.area_not_held(place, "、".join(codes), day)])
        text = "、".join(sorted({*printed, *filter(None, said)})) or place.snapshot.file_name
        raise RefusedFileError([findings.area_unknown(place, text)])

    def _with_units(self, sheet: SheetLines, top: _Top, about: About) -> pl.DataFrame:
        default = UNITS_IN_YEN[about.unit or self._table.default_unit]
        units = [top.header.units.get(name, default) for name in AMOUNTS if name in top.header.positions]
        return sheet.frame.with_columns(unit_yen=pl.lit(max(units), pl.Int32), sheet=pl.lit(top.stream.name))

    def _landed(self, lines: pl.DataFrame, reading: RegisterReading, place: Place) -> pl.DataFrame:
        return (
            _with_duplicates(lines)
            .with_columns(
                area_code=pl.lit(reading.area_code), fiscal_year=pl.lit(reading.fiscal_year), entity=pl.lit(reading.entity),
                snapshot_sha256=pl.lit(place.snapshot.snapshot_sha256), source_file=pl.lit(place.snapshot.file_name),
            )
            .select(pl.col(name).cast(dtype) for name, dtype in LINE_SCHEMA.items())
        )  # fmt: skip


_PRINTED_NEGATIVE = ("accumulated_depreciation", "depreciation_year", "decrease_amount")


def _with_positive(lines: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return lines with what a body prints as a deduction (△ throughout a column) as the amount that it is, and which these are.

    A column in which only some amounts are negative stays: those are findings. So does one that then ties with no book value.
    """
    reversed_ = []
    for name in _PRINTED_NEGATIVE:
        printed = lines[name].drop_nulls()
        if (
            (printed < 0).any()
            and not (printed > 0).any()
            and (name != _PRINTED_NEGATIVE[0] or _ties_reversed(lines))
        ):
            reversed_.append(name)
    return lines.with_columns(pl.col(name).neg().cast(YEN) for name in reversed_), reversed_


def _ties_reversed(lines: pl.DataFrame) -> bool:
    """Return whether cost plus a negative accumulated depreciation is the book value on most lines that have one."""
    known = lines.filter(pl.col("accumulated_depreciation") < 0).select(*AMOUNTS).drop_nulls()
    ties = known.filter(
        pl.col("acquisition_cost") + pl.col("accumulated_depreciation") == pl.col("book_value")
    )
    return known.is_empty() or ties.height * 2 >= known.height


def _positive(amount: object) -> object:
    return -amount if isinstance(amount, Decimal) else amount


def _with_duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    """Return lines with the first row that has the same number and branch.

    In another sheet, or where numbers begin anew in each part of a sheet, only with the same account and name; where lines have
    no number, the first that is the same in everything.
    """
    number = pl.concat_str(pl.col("asset_no"), pl.col("branch_no").fill_null(""), separator="\x1f")
    named = ["account_group", "account_class", "asset_name"]
    whole = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in LINE_SCHEMA if name in lines.columns and name not in ("row_no", "sheet")],
        separator="\x1f",
    )  # fmt: skip
    # Without a number the same line twice, if it is worth more than a memo price.
    number = number.fill_null(
        pl.when((pl.col("acquisition_cost") > 1) & pl.col("asset_name").is_not_null()).then(whole)
    )
    marked = lines.with_columns(_number=number)
    for name, keys in (("_in_sheet", ["sheet", "_number"]), ("_by_name", ["_number", *named])):
        again = pl.col("_number").is_not_null() & (pl.int_range(pl.len()).over(keys) > 0)
        marked = marked.with_columns(pl.when(again).then(pl.col("row_no").first().over(keys)).alias(name))
    begins_anew = marked["_in_sheet"].count() > _FEW_DUPLICATES * marked.height
    found = pl.col("_by_name") if begins_anew else pl.coalesce("_in_sheet", "_by_name")
    return marked.with_columns(duplicate_of_row=found)


def _counted(rows: Iterator[list[object]], sheet: str) -> Iterator[list[object]]:
    """Return the rows; raise UnreadableFileError when there are more than any sheet has."""
    for count, row in enumerate(rows):
        if count > MAX_LINES:
            raise UnreadableFileError(f"{sheet}: <= {MAX_LINES} rows")
        yield row


def _fiscal_year(about: About, titles: list[str], names: list[str], place: Place) -> int:
    """Return the year; raise RefusedFileError when it is not known or the file contradicts itself."""
    printed = set[int]().union(*(fiscal_years_in(text) for text in titles))
    named = next((found for text in names if (found := fiscal_years_in(text, is_file_name=True))), set())
    said = {about.fiscal_year} if about.fiscal_year is not None else set()
    both = printed & named if printed and named else printed | named
    if len(said) == 1 and (not printed or said <= printed):
        return said.pop()
    if not said and len(both) == 1:
        return both.pop()
    years = sorted({*said, *printed, *named})
    if not years:
        raise RefusedFileError([findings.year_unknown(place)])
    raise RefusedFileError([findings.year_contradicts(place, "、".join(map(str, years)))])


def _total_record(total: Total, sheet: str) -> dict[str, object]:
    account = total.account
    return {
        "account_group": account.group if account else None,
        "account_class": account.class_ if account else None,
        "stated_in": "register",
        "label": total.label,
        **total.amounts,
        "unit_yen": total.unit_yen,
        "sheet": sheet,
        "row_no": total.row,
    }


def _landed_totals(totals: list[dict[str, object]], reading: RegisterReading, place: Place) -> pl.DataFrame:
    common = {
        "area_code": reading.area_code,
        "fiscal_year": reading.fiscal_year,
        "entity": reading.entity,
        "snapshot_sha256": place.snapshot.snapshot_sha256,
        "source_file": place.snapshot.file_name,
    }
    return pl.DataFrame([{**common, **total} for total in totals], schema=TOTAL_SCHEMA)


def add_stated_totals(
    reading: RegisterReading, table: RegisterTable, about: About, snapshot: Snapshot
) -> None:
    """Add the totals of a balance sheet that the file beside an accepted register, or its officer, gives."""
    if reading.lines is not None and about.totals:
        reading.totals = pl.concat([reading.totals, _stated_totals(reading, table, about, snapshot)])


def _stated_totals(
    reading: RegisterReading, table: RegisterTable, about: About, snapshot: Snapshot
) -> pl.DataFrame:
    """Return the totals of a balance sheet that the file beside a register gives, in whole yen."""
    words = AccountWords(table, ())
    unit = UNITS_IN_YEN[about.totals_unit]
    records = []
    for number, total in enumerate(about.totals, start=1):
        account = words.of_total(total.account) if total.account else None
        amounts = total.model_dump(exclude={"account"})
        records.append(
            {
                "area_code": reading.area_code, "fiscal_year": reading.fiscal_year, "entity": reading.entity,
                "account_group": account.group if account else None,
                "account_class": account.class_ if account else None,
                "stated_in": "balance_sheet", "label": total.account or "all",
                **{name: None if amount is None else amount * unit for name, amount in amounts.items()},
                "unit_yen": unit, "snapshot_sha256": snapshot.snapshot_sha256, "source_file": snapshot.file_name,
                "sheet": snapshot.file_name, "row_no": number,
            }
        )  # fmt: skip
    return pl.DataFrame(records, schema=TOTAL_SCHEMA, strict=False)
