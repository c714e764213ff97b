"""The empty form as a workbook or CSV: fields, examples that are not read, explanations; no macros, no formulas."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.catalog.vocabulary import Label
from pipelines.extract.sheet import column_letters
from pipelines.savings.form import (
    CHOICES,
    ENTRY_HEAD,
    ENTRY_SHEET,
    EXAMPLES,
    FIELD_HEAD,
    GUIDE_SHEET,
    HEADER_FIELDS,
    TASK_FIELDS,
    TITLE,
    Field,
    choice_word,
    example_texts,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".xlsx", ".csv")
_EMPTY_ROWS = 40
_TEXT_FORMAT = "@"
_FORMATS = {"amount": "#,##0", "number": "#,##0.######", "whole": "0", "area_code": _TEXT_FORMAT,
            "fiscal_year": _TEXT_FORMAT, "day": _TEXT_FORMAT}  # fmt: skip
_EXAMPLE = Label(ja="例", en="example")
_REQUIRED = Label(ja="必須", en="required")
_OPTIONAL = Label(ja="任意", en="optional")
_BLANK = Label(ja="空欄の意味", en="A blank means")
_HOW = Label(ja="書き方", en="How to fill it in")
_INTRO = (
    Label(
        ja="民間委託・クラウド・共同化などの見直しによる歳出効率化の成果を測ります。一枚に一つの見直しの年度を書きます。",
        en="Measures the saving from outsourcing, cloud adoption, consolidation and the like; one fiscal year of change a form.",
    ),
    Label(
        ja="計算: mieruka savings ファイル名　金額は円の整数。効果額＝見直し前の経費－見直し後の経費（どちらも1年分）。",
        en="To compute: mieruka savings FILE. Amounts are whole yen. The saving is the cost before less the cost after, each of one year.",
    ),
    Label(
        ja="空欄は0とみなしません。必須の欄に当たるものがなければ 0 と書いてください。誤りのある数式は空欄として読まれます。",
        en="A blank is never taken for 0: write 0 in a required field where there is nothing. A failed formula reads as blank.",
    ),
    Label(
        ja="番号に「例」とある行は読みません。上書きするときは「例」を消してください（消し忘れると誤りとして知らせます）。",
        en="Rows whose number says 'example' are not read. Clear the mark when you overwrite one; it is an error if you forget.",
    ),
)


def _in(label: Label, language: str) -> str:
    return label.ja if language == "ja" else label.en


def _must(field: Field, language: str) -> str:
    return _in(_REQUIRED if field.required else _OPTIONAL, language)


def _help(field: Field, language: str) -> str:
    blank = f"（{_in(_BLANK, language)}: {_in(field.blank, language)}）" if field.blank else ""
    if language == "en":
        blank = blank.replace("（", " (").replace("）", ")")
    return f"{_in(field.help, language)}{blank}"


def entry_rows(language: str) -> list[list[str]]:
    """Return the sheet that is filled in, as texts."""
    must = f"{_in(_REQUIRED, language)}/{_in(_OPTIONAL, language)}"
    rows = [
        [_in(TITLE, language)],
        [_in(FIELD_HEAD, language), _in(ENTRY_HEAD, language), must, _in(_HOW, language)],
    ]
    for field in HEADER_FIELDS:
        rows.append([_in(field.label, language), "", _must(field, language), _help(field, language)])
    rows += [[], [_in(field.label, language) for field in TASK_FIELDS]]
    for example in EXAMPLES:
        texts = {"number": _in(_EXAMPLE, language), **example_texts(example, language)}
        rows.append([texts.get(field.key, "") for field in TASK_FIELDS])
    return rows


def guide_rows(language: str) -> list[list[str]]:
    """Return the sheet of explanations."""
    rows = [[_in(label, language)] for label in _INTRO]
    heads = [_in(FIELD_HEAD, language), f"{_in(_REQUIRED, language)}/{_in(_OPTIONAL, language)}",
             _in(_HOW, language), _in(_BLANK, language)]  # fmt: skip
    rows += [[], heads]
    for field in (*HEADER_FIELDS, *TASK_FIELDS):
        blank = _in(field.blank, language) if field.blank else ""
        rows.append([_in(field.label, language), _must(field, language), _in(field.help, language), blank])
    return rows


def template_csv(language: str) -> bytes:
    """Return the form as CSV in UTF-8 with a mark that Excel knows."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(entry_rows(language))
    return stream.getvalue().encode("utf-8-sig")


def template_xlsx(language: str) -> bytes:
    """Return the form as a workbook with a sheet of explanations."""
    from openpyxl import Workbook

    book = Workbook()
    entry = book.worksheets[0]
    entry.title = _in(ENTRY_SHEET, language)
    _write(entry, entry_rows(language))
    _style_entry(entry, language)
    guide = book.create_sheet(_in(GUIDE_SHEET, language))
    _write(guide, guide_rows(language))
    _style_guide(guide)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(sheet: Worksheet, rows: list[list[str]]) -> None:
    """Write texts as texts, whatever they begin with."""
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(number, column)
                cell.value = text
                cell.data_type = "s"


def _style_entry(sheet: Worksheet, language: str) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    fill = {name: PatternFill("solid", fgColor=colour) for name, colour in
            (("head", "D9E2F3"), ("must", "FFF2CC"), ("may", "F2F2F2"), ("example", "E7E6E6"))}  # fmt: skip
    sheet["A1"].font = Font(bold=True, size=14)
    for number, field in enumerate(HEADER_FIELDS, start=3):
        _prepare(sheet, field, f"B{number}", language)
        sheet[f"B{number}"].fill = fill["must" if field.required else "may"]
    head = len(HEADER_FIELDS) + 4
    last = head + len(EXAMPLES) + _EMPTY_ROWS
    for index, field in enumerate(TASK_FIELDS):
        letters = column_letters(index)
        cell = sheet[f"{letters}{head}"]
        cell.font, cell.fill = Font(bold=True), fill["head"]
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[letters].width = 30 if index < 2 or field.key in ("evidence", "note") else 16
        _prepare(sheet, field, f"{letters}{head + 1}:{letters}{last}", language)
        for row in range(head + 1, last + 1):
            shade = "example" if row <= head + len(EXAMPLES) else "must" if field.required else "may"
            sheet[f"{letters}{row}"].fill = fill[shade]
    for row in range(head + 1, head + 1 + len(EXAMPLES)):
        for index, field in enumerate(TASK_FIELDS):
            cell = sheet[f"{column_letters(index)}{row}"]
            cell.font = Font(italic=True, color="7F7F7F")
            if cell.value and field.type in ("amount", "number"):
                cell.value = Decimal(str(cell.value))
    sheet.freeze_panes = f"C{head + 1}"


def _prepare(sheet: Worksheet, field: Field, cells: str, language: str) -> None:
    """Give cells the format of their field, and a list to choose from where it has choices."""
    from openpyxl.worksheet.datavalidation import DataValidation

    found = sheet[cells]
    for row in found if isinstance(found, tuple) else ((found,),):
        for cell in row:
            cell.number_format = _FORMATS.get(field.type, "General")
    if field.choices:
        words = ",".join(choice_word(field.key, choice, language) for choice in CHOICES[field.key])
        rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
        rule.error = _in(field.help, language)
        sheet.add_data_validation(rule)
        rule.add(cells)


def _style_guide(sheet: Worksheet) -> None:
    from openpyxl.styles import Alignment, Font

    for letters, width in zip("ABCD", (42, 14, 80, 50), strict=True):
        sheet.column_dimensions[letters].width = width
    for row in sheet.iter_rows(min_row=len(_INTRO) + 2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in sheet[len(_INTRO) + 2]:
        cell.font = Font(bold=True)
