"""One register from archived bytes to asset lines: whose it is, of which year, its lines, its totals, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.registers import RegisterTable
from pipelines.defects import Defect, RefusedFileError, unique
from pipelines.extract.sheet import UnreadableFileError, cell_text, column_letters
from pipelines.extract.table import Place
from pipelines.identity.match import AreaRegister
from pipelines.land.source import unreadable
from pipelines.register.about import About
from pipelines.register.cells import CellError, whole_yen
from pipelines.register.header import UNITS_IN_YEN, RegisterHeader, find_header
from pipelines.register.lines import AMOUNTS, BadCell, LineReader, OddRow, SheetLines, Total
from pipelines.register.schema import LINE_SCHEMA, TOTAL_SCHEMA, YEN
from pipelines.register.sheets import MAX_LINES, RowStream, open_rows
from pipelines.register.words import AccountWords, areas_in, codes_in, entity_of, fiscal_years_in, year_end

_TOP_ROWS = 40
_SHOWN_HEADERS = 20
# Of the numbers of a sheet this many may come twice before they are taken to begin anew in each part of it.
_FEW_DUPLICATES = 0.3
_ENTERPRISES = ("water", "sewerage", "hospital", "transport")
# A title may hold a year where lines have amounts.
_LARGEST_YEAR = 9_999
_KINDS_JA = {
    "yen": "円未満の端数のない金額",
    "date": "年月日",
    "fiscal_year": "年度",
    "calendar_year": "年",
    "integer": "整数",
    "quantity": "数量",
    "text": "文字",
}
_KINDS_EN = {"yen": "an amount without fractions of a yen", "date": "a day", "fiscal_year": "a fiscal year", "calendar_year": "a year", "integer": "a whole number",
             "quantity": "a quantity", "text": "a text"}  # fmt: skip


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
            reading.defects += [_bad_cell(cell, here) for cell in sheet.bad_cells]
            reading.defects += [*_above_header(top, here), *_without_header(top, here)]
            reading.defects += _blank_amounts(sheet.frame, top.header, here)
            reading.defects += [_odd_row(odd, sheet.odd_counts[odd.kind], here) for odd in sheet.odd_rows]
            reading.defects += [
                *_accounts_filled(sheet, here),
                *_accounts_mixed(sheet, reading.entity, self._table, here),
            ]
            areas |= sheet.areas
            frames.append(self._with_units(sheet, top, about))
            totals += [_total_record(total, top.stream.name) for total in sheet.totals]
        reading.sheets = [top.stream.name for top in tops]
        reading.defects += _without_group(pl.concat(frames), place)
        reading.area_code = self._area(about, areas, titles, names, reading.fiscal_year, place)
        lines, reversed_ = _with_positive(pl.concat(frames))
        for name in reversed_:
            totals = [{**total, name: _positive(total.get(name))} for total in totals]
            reading.defects.append(_sign_reversed(place, name, self._table))
        if lines.is_empty():
            raise RefusedFileError([_no_lines(place)])
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
                    reading.defects.append(_skipped(here))
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
            _without_columns(replace(place, sheet=sheet))
            for sheet in dict.fromkeys(defect.sheet for defect in missing)
        ]
        if not tops:
            raise RefusedFileError([_no_header(place, self._table)])
        return tops

    def _around(self, stream: RowStream, titles: list[str], place: Place) -> tuple[str, ...]:
        """Return what may say the account of lines that do not: sheet, titles, file and folders."""
        return (stream.name, *titles, *reversed(Path(place.snapshot.file_name).parts))

    def _missing(self, header: RegisterHeader, place: Place, *, account_is_said: bool) -> list[Defect]:
        """Return which columns a header lacks without which nothing can be computed."""
        given = {*header.positions, *(["account"] if account_is_said else [])}
        unknown = "、".join(list(header.unknown)[:_SHOWN_HEADERS]) or None
        defects = [
            place.defect(
                "missing_header",
                unknown,
                f"「{'」「'.join(self._table.columns[name].header[0] for name in group)}」のいずれかの列が必要です",
                f"One of the columns {', '.join(self._table.columns[name].header[0] for name in group)} is needed",
            )
            for group in self._table.needs
            if given.isdisjoint(group)
        ]
        amounts = [name for name, column in self._table.columns.items() if column.type == "yen"]
        repeated = [
            text for text in header.repeated
            if any(text_key in text for name in amounts for text_key in self._table.columns[name].header)
        ]  # fmt: skip
        return defects + [
            place.defect(
                "duplicate_header",
                text,
                "同じ見出しの列は一つだけにしてください",
                "A header may name one column only",
            )
            for text in repeated
        ]

    def _header_defects(self, header: RegisterHeader, about: About, place: Place) -> list[Defect]:
        defects = [
            place.defect(
                "register_unknown_column",
                text,
                f"この見出しの列は読んでいません{f'（「{near}」のことなら、そう書いてください）' if near else ''}",
                f"This column is not read{f' (if {near} is meant, write that)' if near else ''}",
                column=text,
                severity="warning",
            )
            for text, near in list(header.unknown.items())[:_SHOWN_HEADERS]
        ] + [
            place.defect(
                "register_unknown_column",
                text,
                f"この列は読んでいません（同じ内容の「{taken}」の列を読みました）",
                f"This column is not read: the column {taken} of the same meaning was",
                column=text,
                severity="warning",
            )
            for text, taken in list(header.unread.items())[:_SHOWN_HEADERS]
        ]
        amounts = {name for name in header.positions if self._table.columns[name].type == "yen"}
        if about.unit is None and amounts - header.units.keys():
            defects.append(
                place.defect(
                    "register_unit_assumed",
                    None,
                    f"単位の記載がないため{self._table.default_unit}として読みました。千円なら見出しか register.yml に書いてください",
                    "No unit is printed, so amounts were read as yen; if they are in thousands, say so in the header or in register.yml",
                    severity="warning",
                )
            )
        return defects

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
                raise RefusedFileError([_area_not_held(place, "、".join(codes), day)])
        text = "、".join(sorted({*printed, *filter(None, said)})) or place.snapshot.file_name
        raise RefusedFileError([_unknown_area(place, text)])

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
        raise RefusedFileError([_unknown_year(place)])
    raise RefusedFileError([_year_contradicts(place, "、".join(map(str, years)))])


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


def _bad_cell(cell: BadCell, place: Place) -> Defect:
    more_ja = f"（この列に{cell.count:,}件）" if cell.count > 1 else ""
    more_en = f" ({cell.count:,} in this column)" if cell.count > 1 else ""
    return place.defect(
        "register_cell", cell.found,
        f"{_KINDS_JA[cell.kind]}ではないので、空欄として扱いました{more_ja}",
        f"This is not {_KINDS_EN[cell.kind]} and was taken as blank{more_en}",
        row=cell.row, column=cell.column, cell=f"{cell.letters}{cell.row}", severity="warning",
    )  # fmt: skip


def _sign_reversed(place: Place, name: str, table: RegisterTable) -> Defect:
    return place.defect(
        "register_sign_reversed", table.columns[name].header[0],
        "この列の金額はすべて△（負）で書かれているので、控除の表記とみて符号を外して読みました",
        "All amounts of this column are printed as negative: taken as deductions, and read without the sign",
        column=name, severity="warning",
    )  # fmt: skip


def _accounts_filled(sheet: SheetLines, place: Place) -> list[Defect]:
    if not sheet.accounts_from_above:
        return []
    count = sheet.accounts_from_above
    return [
        place.defect(
            "register_account_from_above", f"{count:,}",
            "勘定科目・資産区分が変わる行にだけ書かれているので、空欄の行は上の行と同じとして読みました",
            "Accounts are printed only where they change, so lines that leave them blank were read as the line above", severity="warning",
        )
    ]  # fmt: skip


def _accounts_mixed(sheet: SheetLines, entity: str, table: RegisterTable, place: Place) -> list[Defect]:
    """Return a finding when a register of the general accounts has lines of accounts of enterprises."""
    if entity != "general":
        return []
    others = {
        text: count for text, count in sheet.accounting.items() if entity_of(table, [text]) in _ENTERPRISES
    }
    if not others or len(others) == len(sheet.accounting):
        return []
    return [
        place.defect(
            "register_accounts_mixed", "、".join(f"{text} {count:,}" for text, count in list(others.items())[:_SHOWN_HEADERS]),
            "一般会計等の台帳として読みましたが、公営企業の会計の行があります。率はすべての行で計算しています",
            "Read as a register of the general accounts, but lines are of accounts of enterprises; rates are of all lines", severity="warning",
        )
    ]  # fmt: skip


def _above_header(top: _Top, place: Place) -> list[Defect]:
    """Return a finding when rows above or within the header look like lines: with a name or account, and an amount."""
    header = top.header
    texts = [
        header.positions[name] for name in ("asset_name", "account", "asset_no") if name in header.positions
    ]
    amounts = [header.positions[name] for name in AMOUNTS if name in header.positions]
    rows = [
        number
        for number, row in enumerate(top.rows[: header.last_row + 1], start=1)
        if any(place < len(row) and cell_text(row[place]).strip() for place in texts)
        and any(place < len(row) and _is_amount(row[place]) for place in amounts)
    ]
    if not rows:
        return []
    return [
        place.defect(
            "register_rows_above_header", "、".join(map(str, rows[:_SHOWN_HEADERS])),
            "見出しより上に、資産の行らしい行があります。明細に入れていません。見出しは明細の上に置いてください",
            "Rows above the header look like assets and were not read: the header belongs above the lines",
            row=rows[0], severity="warning",
        )
    ]  # fmt: skip


def _without_header(top: _Top, place: Place) -> list[Defect]:
    """Return a finding for each column that no header names: a header may be lost, or all of them shifted."""
    header, below = top.header, top.rows[top.header.last_row + 1 :]
    named = {
        column
        for row in top.rows[header.first_row : header.last_row + 1]
        for column, cell in enumerate(row)
        if cell_text(cell).strip()
    } | set(header.positions.values())
    held = Counter(
        column
        for row in below
        for column, cell in enumerate(row)
        if column not in named and cell_text(cell).strip()
    )
    return [
        place.defect(
            "register_unknown_column", column_letters(column),
            "見出しのない列に値があり、読んでいません。見出しの抜けやずれがないか確かめてください",
            "A column without a header holds values and is not read: look whether a header is lost or all are shifted",
            column=column_letters(column), severity="warning",
        )
        for column, count in sorted(held.items())
        if count * 2 > sum(1 for row in below if any(cell not in ("", None) for cell in row))
    ]  # fmt: skip


def _is_amount(cell: object) -> bool:
    try:
        return abs(whole_yen(cell, 1)) > _LARGEST_YEAR if cell not in ("", None) else False
    except CellError:
        return False


def _blank_amounts(lines: pl.DataFrame, header: RegisterHeader, place: Place) -> list[Defect]:
    """Return a finding for each of cost and book value that a few lines leave blank while the others have it."""
    defects = []
    for name in ("acquisition_cost", "book_value"):
        blank = lines.filter(pl.col(name).is_null())["row_no"]
        if name in header.positions and 0 < len(blank) * 2 < lines.height:
            defects.append(
                place.defect(
                    "register_amount_blank", "、".join(map(str, blank.head(_SHOWN_HEADERS))),
                    f"ほかの行には金額があるのに、この列が空欄（または読めない）行が{len(blank):,}件あります",
                    f"{len(blank):,} lines leave this column blank (or unreadable) while the others have an amount",
                    row=blank[0], column=name, severity="warning",
                )
            )  # fmt: skip
    return defects


def _without_group(lines: pl.DataFrame, place: Place) -> list[Defect]:
    """Return a finding when a few lines do not say whether they are business or infrastructure assets while the others do."""
    unsaid = lines.filter(pl.col("account_group") == "unspecified")
    if not 0 < unsaid.height * 2 < lines.height:
        return []
    return [
        place.defect(
            "register_group_blank", "、".join(map(str, unsaid["row_no"].head(_SHOWN_HEADERS))),
            f"事業用資産・インフラ資産の別が分からない行が{unsaid.height:,}件あります。ほかの行には書かれています",
            f"{unsaid.height:,} lines do not say whether they are business or infrastructure assets, while the others do",
            row=unsaid["row_no"][0], severity="warning",
        )
    ]  # fmt: skip


def _odd_row(odd: OddRow, count: int, place: Place) -> Defect:
    more_ja, more_en = (f"（ほかに{count - 1:,}件）", f" ({count - 1:,} more)") if count > 1 else ("", "")
    if odd.kind == "shifted":
        return place.defect(
            "register_row_shifted", odd.found,
            f"この行は見出しより列が多く、欄がずれています。金額は空欄として扱いました。金額の桁区切りのコンマは引用符で囲んでください{more_ja}",
            f"This row has more columns than the header, so its cells are shifted; amounts were taken as blank. Quote amounts with commas{more_en}",
            row=odd.row, severity="warning",
        )  # fmt: skip
    return place.defect(
        "register_row_unnamed", odd.found,
        f"資産番号・名称・用途・勘定科目のない行の金額で、上の行の合計とも一致しません。明細に入れていません{more_ja}",
        f"Amounts without number, name, use or account, and not the sum of lines above: not read as a line{more_en}",
        row=odd.row, severity="warning",
    )  # fmt: skip


def _without_columns(place: Place) -> Defect:
    return place.defect(
        "register_sheet_skipped", place.sheet,
        "固定資産台帳に必要な列（名称・勘定科目・金額）がそろわないため、このシートは読んでいません",
        "This sheet lacks columns that a register needs (name, account, amounts) and was not read", severity="warning",
    )  # fmt: skip


def _skipped(place: Place) -> Defect:
    return place.defect(
        "register_sheet_skipped", place.sheet,
        "固定資産台帳の見出しがないため、このシートは読んでいません",
        "This sheet has no header of a register and was not read", severity="warning",
    )  # fmt: skip


def _no_header(place: Place, table: RegisterTable) -> Defect:
    known = "、".join(
        table.columns[name].header[0] for name in ("asset_no", "account", "asset_name", "acquisition_cost")
    )
    return place.defect(
        "no_header", None, f"固定資産台帳の見出し（{known} など）の行が必要です",
        f"A row of headers of a register is needed, such as {known}",
    )  # fmt: skip


def _no_lines(place: Place) -> Defect:
    return place.defect(
        "register_no_lines",
        None,
        "見出しの下に資産の行が一つもありません",
        "There is no asset line below the header",
    )


def _unknown_year(place: Place) -> Defect:
    return place.defect(
        "register_year_unknown", None,
        "何年度末の台帳か分かりません。ファイル名に「平成29年度」のように書くか、同じフォルダの register.yml に fiscal_year: 2017 と書いてください",
        "The year of this register is not known: put 平成29年度 into the file's name, or fiscal_year: 2017 into register.yml beside it",
    )  # fmt: skip


def _year_contradicts(place: Place, found: str) -> Defect:
    return place.defect(
        "register_year_contradicts", found,
        "表題・ファイル名・register.yml の年度が食い違うか、複数あります。正しい一つの年度だけを書いてください",
        "Title, file name and register.yml name different or several years: leave only the right one",
    )  # fmt: skip


def _area_not_held(place: Place, found: str, day: date) -> Defect:
    return place.defect(
        "register_area_unknown", found,
        f"この倉庫の団体コード表には {day} の団体としてありません。団体コード表を取り込む（mieruka run）か、register.yml に area_code を書いてください",
        f"The tables of codes in this warehouse have no such body on {day}: let `mieruka run` read them, or put area_code into register.yml",
    )  # fmt: skip


def _unknown_area(place: Place, found: str) -> Defect:
    return place.defect(
        "register_area_unknown", found,
        "どの団体の台帳か一つに決まりません。ファイル名に団体コード6桁（例 462012）を入れるか、同じフォルダの register.yml に area_code: \"462012\" と書いてください",
        "It is not known which one body this register is of: put its 6-digit code (such as 462012) into the file's name, or area_code: \"462012\" into register.yml beside it",
    )  # fmt: skip
