"""What is said of a register: each finding of reading and landing in words, in Japanese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.registers import RegisterTable
from pipelines.defects import Defect
from pipelines.extract.sheet import cell_text, column_letters
from pipelines.extract.table import Place
from pipelines.register.cells import CellError, whole_yen
from pipelines.register.header import RegisterHeader
from pipelines.register.lines import AMOUNTS, BadCell, OddRow, SheetLines
from pipelines.register.words import entity_of

# Of headers and rows so many are named.
_SHOWN = 20
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


def columns_missing(
    group: Iterable[str], header: RegisterHeader, table: RegisterTable, place: Place
) -> Defect:
    """Say that a header has none of the columns of a group."""
    names = [table.columns[name].header[0] for name in group]
    return place.defect(
        "missing_header", "、".join(list(header.unknown)[:_SHOWN]) or None,
        f"「{'」「'.join(names)}」のいずれかの列が必要です",
        f"One of the columns {', '.join(names)} is needed",
    )  # fmt: skip


def header_repeated(text: str, place: Place) -> Defect:
    """Say that a header names two columns."""
    return place.defect(
        "duplicate_header",
        text,
        "同じ見出しの列は一つだけにしてください",
        "A header may name one column only",
    )


def columns_unread(header: RegisterHeader, place: Place) -> list[Defect]:
    """Name the columns that are not read: of an unknown header, or of the same meaning as another."""
    unknown = [
        place.defect(
            "register_unknown_column", text,
            f"この見出しの列は読んでいません{f'（「{near}」のことなら、そう書いてください）' if near else ''}",
            f"This column is not read{f' (if {near} is meant, write that)' if near else ''}",
            column=text, severity="warning",
        )
        for text, near in list(header.unknown.items())[:_SHOWN]
    ]  # fmt: skip
    return unknown + [
        place.defect(
            "register_unknown_column", text,
            f"この列は読んでいません（同じ内容の「{taken}」の列を読みました）",
            f"This column is not read: the column {taken} of the same meaning was",
            column=text, severity="warning",
        )
        for text, taken in list(header.unread.items())[:_SHOWN]
    ]  # fmt: skip


def unit_assumed(place: Place, table: RegisterTable) -> Defect:
    """Say in which unit amounts were read that name none."""
    return place.defect(
        "register_unit_assumed", None,
        f"単位の記載がないため{table.default_unit}として読みました。千円なら見出しか register.yml に書いてください",
        "No unit is printed, so amounts were read as yen; if they are in thousands, say so in the header or in register.yml",
        severity="warning",
    )  # fmt: skip


def bad_cell(cell: BadCell, place: Place) -> Defect:
    """Say that a cell is not what its column holds."""
    more_ja = f"（この列に{cell.count:,}件）" if cell.count > 1 else ""
    more_en = f" ({cell.count:,} in this column)" if cell.count > 1 else ""
    return place.defect(
        "register_cell", cell.found,
        f"{_KINDS_JA[cell.kind]}ではないので、空欄として扱いました{more_ja}",
        f"This is not {_KINDS_EN[cell.kind]} and was taken as blank{more_en}",
        row=cell.row, column=cell.column, cell=f"{cell.letters}{cell.row}", severity="warning",
    )  # fmt: skip


def sign_reversed(place: Place, name: str, table: RegisterTable) -> Defect:
    """Say that the amounts of a column are read without their sign."""
    return place.defect(
        "register_sign_reversed", table.columns[name].header[0],
        "この列の金額はすべて△（負）で書かれているので、控除の表記とみて符号を外して読みました",
        "All amounts of this column are printed as negative: taken as deductions, and read without the sign",
        column=name, severity="warning",
    )  # fmt: skip


def accounts_from_above(sheet: SheetLines, place: Place) -> list[Defect]:
    """Say that accounts are taken from the lines above."""
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


def accounts_mixed(sheet: SheetLines, entity: str, table: RegisterTable, place: Place) -> list[Defect]:
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
            "register_accounts_mixed", "、".join(f"{text} {count:,}" for text, count in list(others.items())[:_SHOWN]),
            "一般会計等の台帳として読みましたが、公営企業の会計の行があります。率はすべての行で計算しています",
            "Read as a register of the general accounts, but lines are of accounts of enterprises; rates are of all lines", severity="warning",
        )
    ]  # fmt: skip


def rows_above_header(rows: list[list[object]], header: RegisterHeader, place: Place) -> list[Defect]:
    """Return a finding when rows above or within the header look like lines: with a name or account, and an amount."""
    texts = [
        header.positions[name] for name in ("asset_name", "account", "asset_no") if name in header.positions
    ]
    amounts = [header.positions[name] for name in AMOUNTS if name in header.positions]
    found = [
        number
        for number, row in enumerate(rows[: header.last_row + 1], start=1)
        if any(column < len(row) and cell_text(row[column]).strip() for column in texts)
        and any(column < len(row) and _is_amount(row[column]) for column in amounts)
    ]
    if not found:
        return []
    return [
        place.defect(
            "register_rows_above_header", "、".join(map(str, found[:_SHOWN])),
            "見出しより上に、資産の行らしい行があります。明細に入れていません。見出しは明細の上に置いてください",
            "Rows above the header look like assets and were not read: the header belongs above the lines",
            row=found[0], severity="warning",
        )
    ]  # fmt: skip


def columns_without_header(rows: list[list[object]], header: RegisterHeader, place: Place) -> list[Defect]:
    """Return a finding for each column that no header names: a header may be lost, or all of them shifted."""
    below = rows[header.last_row + 1 :]
    named = {
        column
        for row in rows[header.first_row : header.last_row + 1]
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


def blank_amounts(lines: pl.DataFrame, header: RegisterHeader, place: Place) -> list[Defect]:
    """Return a finding for each of cost and book value that a few lines leave blank while the others have it."""
    defects = []
    for name in ("acquisition_cost", "book_value"):
        blank = lines.filter(pl.col(name).is_null())["row_no"]
        if name in header.positions and 0 < len(blank) * 2 < lines.height:
            defects.append(
                place.defect(
                    "register_amount_blank", "、".join(map(str, blank.head(_SHOWN))),
                    f"ほかの行には金額があるのに、この列が空欄（または読めない）行が{len(blank):,}件あります",
                    f"{len(blank):,} lines leave this column blank (or unreadable) while the others have an amount",
                    row=blank[0], column=name, severity="warning",
                )
            )  # fmt: skip
    return defects


def lines_without_group(lines: pl.DataFrame, place: Place) -> list[Defect]:
    """Return a finding when a few lines do not say whether they are business or infrastructure assets while the others do."""
    unsaid = lines.filter(pl.col("account_group") == "unspecified")
    if not 0 < unsaid.height * 2 < lines.height:
        return []
    return [
        place.defect(
            "register_group_blank", "、".join(map(str, unsaid["row_no"].head(_SHOWN))),
            f"事業用資産・インフラ資産の別が分からない行が{unsaid.height:,}件あります。ほかの行には書かれています",
            f"{unsaid.height:,} lines do not say whether they are business or infrastructure assets, while the others do",
            row=unsaid["row_no"][0], severity="warning",
        )
    ]  # fmt: skip


def odd_row(odd: OddRow, count: int, place: Place) -> Defect:
    """Say that a row is shifted, or has amounts but no name."""
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


def sheet_without_columns(place: Place) -> Defect:
    """Say that a sheet lacks columns of a register."""
    return place.defect(
        "register_sheet_skipped", place.sheet,
        "固定資産台帳に必要な列（名称・勘定科目・金額）がそろわないため、このシートは読んでいません",
        "This sheet lacks columns that a register needs (name, account, amounts) and was not read", severity="warning",
    )  # fmt: skip


def sheet_without_header(place: Place) -> Defect:
    """Say that a sheet has no header of a register."""
    return place.defect(
        "register_sheet_skipped", place.sheet,
        "固定資産台帳の見出しがないため、このシートは読んでいません",
        "This sheet has no header of a register and was not read", severity="warning",
    )  # fmt: skip


def no_header(place: Place, table: RegisterTable) -> Defect:
    """Say that no sheet has a header of a register."""
    known = "、".join(
        table.columns[name].header[0] for name in ("asset_no", "account", "asset_name", "acquisition_cost")
    )
    return place.defect(
        "no_header", None, f"固定資産台帳の見出し（{known} など）の行が必要です",
        f"A row of headers of a register is needed, such as {known}",
    )  # fmt: skip


def no_lines(place: Place) -> Defect:
    """Say that a register has no line."""
    return place.defect(
        "register_no_lines",
        None,
        "見出しの下に資産の行が一つもありません",
        "There is no asset line below the header",
    )


def year_unknown(place: Place) -> Defect:
    """Say that nothing names the year."""
    return place.defect(
        "register_year_unknown", None,
        "何年度末の台帳か分かりません。ファイル名に「平成29年度」のように書くか、同じフォルダの register.yml に fiscal_year: 2017 と書いてください",
        "The year of this register is not known: put 平成29年度 into the file's name, or fiscal_year: 2017 into register.yml beside it",
    )  # fmt: skip


def year_contradicts(place: Place, found: str) -> Defect:
    """Say that several years are named."""
    return place.defect(
        "register_year_contradicts", found,
        "表題・ファイル名・register.yml の年度が食い違うか、複数あります。正しい一つの年度だけを書いてください",
        "Title, file name and register.yml name different or several years: leave only the right one",
    )  # fmt: skip


def area_not_held(place: Place, found: str, day: date) -> Defect:
    """Say that a code is printed that no body has on the day."""
    return place.defect(
        "register_area_unknown", found,
        f"この倉庫の団体コード表には {day} の団体としてありません。団体コード表を取り込む（mieruka run）か、register.yml に area_code を書いてください",
        f"The tables of codes in this warehouse have no such body on {day}: let `mieruka run` read them, or put area_code into register.yml",
    )  # fmt: skip


def area_unknown(place: Place, found: str) -> Defect:
    """Say that no body, or several, are named."""
    return place.defect(
        "register_area_unknown", found,
        "どの団体の台帳か一つに決まりません。ファイル名に団体コード6桁（例 462012）を入れるか、同じフォルダの register.yml に area_code: \"462012\" と書いてください",
        "It is not known which one body this register is of: put its 6-digit code (such as 462012) into the file's name, or area_code: \"462012\" into register.yml beside it",
    )  # fmt: skip


def overlaps(place: Place, other: Snapshot) -> Defect:
    """Say that a register lists the assets of another under other numbers."""
    return place.defect(
        "register_overlaps", other.file_name,
        "同じ団体・年度の別の台帳と、勘定科目・名称・取得日・取得価額が半分以上同じです。番号が違うので両方を合計に入れています",
        "At least half of account, name, day and cost are those of another register of this body and year; as the numbers differ, both count",
        severity="warning",
    )  # fmt: skip


def superseded(place: Place, newer: Snapshot) -> Defect:
    """Say that a newer register lists the same assets."""
    return place.defect(
        "register_superseded", newer.file_name,
        "同じ団体・年度・会計の新しい台帳が同じ資産番号を載せているので、この台帳は集計に入れていません",
        "A newer register of the same body, year and accounts lists the same numbers, so this one is not counted",
        severity="warning",
    )  # fmt: skip


def about_unreadable(place: Place, found: str) -> Defect:
    """Say that the file beside a register cannot be read."""
    return place.defect(
        "register_about_unreadable", found,
        "register.yml を読めません。書き方は docs/registers.ja.md にあります",
        "register.yml cannot be read; docs/registers.md says how it is written",
    )  # fmt: skip
