"""A filled-in form to its model; whatever is wrong is a defect with its cell, and then there is no model."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from pipelines.acquire.archive import Snapshot
from pipelines.defects import Defect
from pipelines.extract.reading import read_sheet
from pipelines.extract.sheet import Sheet, UnreadableFileError, address, cell_text, column_letters
from pipelines.extract.table import Place
from pipelines.files import sha256_of
from pipelines.normalize.text import header_key
from pipelines.savings.cells import CellError, Value, read_cell
from pipelines.savings.form import (
    ANCHOR,
    ENTRY_SHEET,
    EXAMPLES,
    FIELD_HEAD,
    HEADER_FIELDS,
    ONE_OFFS,
    STAFF_RATES,
    TASK_FIELDS,
    Field,
    example_texts,
    is_example_mark,
)
from pipelines.savings.model import Form, Kind, OneOff, Side, Task
from pipelines.settings import now

SOURCE_ID = "municipality__savings"
FORM_TABLE = "form"
MAX_BYTES = 20 * 1024 * 1024
_SEARCH_ROWS = 60
_EARLIEST_ONE_OFF = 10
# No body has one employee to five residents, but for the smallest islands.
_RESIDENTS_PER_STAFF, _FEWEST_STAFF = 5, 50
_HOURS_OF_A_YEAR = 2500
Values = dict[str, Value]


@dataclass
class FormReading:
    """What a file gave: the form (None when anything is wrong with it), its hash, and all that is wrong."""

    form: Form | None
    sha256: str
    defects: list[Defect] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)


def read_form(path: Path, today: date) -> FormReading:
    """Read a filled-in form; `today` tells whether a fiscal year is over."""
    sha256 = sha256_of(path)
    size = path.stat().st_size
    snapshot = Snapshot(
        sha256, SOURCE_ID, FORM_TABLE, path.name, path.resolve().as_uri(), now().isoformat(), None, size
    )
    place = Place(SOURCE_ID, FORM_TABLE, snapshot)
    if size > MAX_BYTES:
        return FormReading(None, sha256, [_too_large(place, size)])
    try:
        sheet = read_sheet(path, path.name, [ENTRY_SHEET.ja, ENTRY_SHEET.en])
    except UnreadableFileError as error:
        return FormReading(
            None,
            sha256,
            [
                place.defect(
                    "unreadable_file", None, f"{error} として読めるファイルが必要です",
                    f"A file readable as {error} is needed",
                )
            ],
        )  # fmt: skip
    reader = _FormReader(sheet, replace(place, sheet=sheet.name), today)
    form = reader.read()
    return FormReading(None if reader.defects else form, sha256, reader.defects, reader.examples)


def _too_large(place: Place, size: int) -> Defect:
    return place.defect(
        "file_too_large", f"{size:,}", f"{MAX_BYTES:,} バイトまでです", f"At most {MAX_BYTES:,} bytes"
    )


class _FormReader:
    """Reads one sheet; `defects` collects what is wrong in the order of the sheet."""

    def __init__(self, sheet: Sheet, place: Place, today: date) -> None:
        self._rows = [[cell_text(value).strip() for value in row] for row in sheet.rows]
        self._place = place
        self._today = today
        self._columns: dict[str, int] = {}
        self.defects: list[Defect] = []
        self.examples: list[int] = []

    def read(self) -> Form | None:
        """Return the form, which holds only if there are no defects."""
        first = self._find_header()
        if first is None:
            return None
        cells = self._header_cells(first)
        header = {
            name: value
            for name, (row, text) in cells.items()
            if (value := self._value(_HEADER[name], text, row, 1)) is not None
        }
        if not self._match_columns(first):
            return None
        before = len(self.defects)
        tasks = [task for row in range(first + 1, len(self._rows)) if (task := self._task(row, header))]
        if not tasks and len(self.defects) == before:
            self._refuse(
                "no_rows", None, "見出しの下に業務を一行以上書いてください（例の行は読みません）",
                "Write at least one task under the header; example rows are not read", first + 1, 0,
            )  # fmt: skip
        self._repeated(tasks)
        self._check_years(header, {name: row for name, (row, _) in cells.items()})
        return None if self.defects else _form(header, tasks)

    def _cell(self, row: int, column: int) -> str:
        cells = self._rows[row] if row < len(self._rows) else []
        return cells[column] if column < len(cells) else ""

    def _refuse(
        self, rule: str, found: str | None, ja: str, en: str, row: int, column: int, name: str | None = None
    ) -> None:
        self.defects.append(
            self._place.defect(
                rule, found or None, ja, en, row=row + 1, column=name or column_letters(column),
                cell=address(row, column),
            )
        )  # fmt: skip

    def _find_header(self) -> int | None:
        wanted = {header_key(text) for text in _TASK[ANCHOR].headers()}
        for index, row in enumerate(self._rows[:_SEARCH_ROWS]):
            if any(header_key(cell) in wanted for cell in row):
                return index
        label = _TASK[ANCHOR].label
        self.defects.append(
            self._place.defect(
                "no_header", next((cell for row in self._rows for cell in row if cell), None),
                f"見出し「{label.ja}」のある行が必要です。`mieruka savings --template` の様式を使ってください",
                f"A row with the header '{label.en}' is needed: use the form of `mieruka savings --template`",
            )
        )  # fmt: skip
        return None

    def _header_cells(self, first: int) -> dict[str, tuple[int, str]]:
        """Return each field of the upper part with its row and text; unknown and doubled labels are defects."""
        known = {header_key(text): entry.key for entry in HEADER_FIELDS for text in entry.headers()}
        cells: dict[str, tuple[int, str]] = {}
        for row in range(first):
            label, text = self._cell(row, 0), self._cell(row, 1)
            key = known.get(header_key(label))
            if key is None:
                if label and text and header_key(label) not in _HEADS:
                    self._unknown(label, known, HEADER_FIELDS, row, 0)
            elif key in cells:
                self._refuse(
                    "duplicate_header",
                    label,
                    "この項目は一行だけにしてください",
                    "Keep one row of this",
                    row,
                    0,
                )
            else:
                cells[key] = (row, text)
        for entry in HEADER_FIELDS:
            if entry.key not in cells:
                self._missing(entry, 0)
        return cells

    def _unknown(
        self, text: str, known: dict[str, str], fields: tuple[Field, ...], row: int, column: int
    ) -> None:
        near = difflib.get_close_matches(header_key(text), known, n=1)
        labels = {entry.key: entry.label for entry in fields}
        ja = labels[known[near[0]]].ja if near else "」「".join(label.ja for label in labels.values())
        en = labels[known[near[0]]].en if near else "', '".join(label.en for label in labels.values())
        self._refuse(
            "unknown_header", text, f"知っている見出しは「{ja}」です", f"The known header is '{en}'", row, column
        )  # fmt: skip

    def _missing(self, entry: Field, row: int) -> None:
        self.defects.append(
            self._place.defect(
                "missing_header", None, f"見出し「{entry.label.ja}」が必要です", f"The header '{entry.label.en}' is needed",
                row=row + 1, column=entry.label.ja,
            )
        )  # fmt: skip

    def _match_columns(self, first: int) -> bool:
        """Find the columns of the tasks; return whether each stands there once and no unknown one beside."""
        before = len(self.defects)
        known = {header_key(text): entry.key for entry in TASK_FIELDS for text in entry.headers()}
        for column, text in enumerate(self._rows[first]):
            key = known.get(header_key(text))
            if key is None:
                if text:
                    self._unknown(text, known, TASK_FIELDS, first, column)
            elif key in self._columns:
                self._refuse(
                    "duplicate_header",
                    text,
                    "同じ見出しは一つにしてください",
                    "Keep one column of this",
                    first,
                    column,
                )
            else:
                self._columns[key] = column
        for entry in TASK_FIELDS:
            if entry.key not in self._columns:
                self._missing(entry, first)
        return len(self.defects) == before

    def _value(self, entry: Field, text: str, row: int, column: int) -> Value | None:
        """Return a cell's value; None for a blank one (a defect if required) and for one that cannot be read."""
        if not text:
            if entry.required:
                zero_ja, zero_en = (
                    ("なければ 0。", "0 if nothing; ") if entry.type in ("amount", "number") else ("", "")
                )
                self._refuse(
                    "required", None,
                    f"「{entry.label.ja}」を書いてください（{zero_ja}誤りのある数式も空欄と読まれます）",
                    f"Fill in '{entry.label.en}' ({zero_en}a failed formula reads as blank)",
                    row, column, entry.label.ja,
                )  # fmt: skip
            return None
        try:
            return read_cell(entry, text)
        except CellError as error:
            self._refuse(error.rule, text, error.expected_ja, error.expected_en, row, column, entry.label.ja)
            return None

    def _task(self, row: int, header: Values) -> Task | None:
        cells = {key: self._cell(row, column) for key, column in self._columns.items()}
        stray = [
            column
            for column, text in enumerate(self._rows[row])
            if text and column not in self._columns.values()
        ]
        if not any(text for key, text in cells.items() if key != "number") and not stray:
            return None
        if is_example_mark(cells["number"]):
            self._example(row, cells)
            return None
        before = len(self.defects)
        for column in stray:
            self._refuse("wrong_width", self._cell(row, column), "見出しのない列です。正しい列に書いてください",
                         "There is no header above: write it in its own column", row, column)  # fmt: skip
        values = {
            key: value
            for key, text in cells.items()
            if (value := self._value(_TASK[key], text, row, self._columns[key])) is not None
        }
        if len(self.defects) == before:
            self._check_together(row, cells, values, header)
        return _made_task(row, values) if len(self.defects) == before else None

    def _example(self, row: int, cells: dict[str, str]) -> None:
        """Pass over an example as shipped; a row that somebody filled in under the mark must not be lost."""

        def bare(text: str) -> str:
            return header_key(text).replace(",", "")

        said = {key: bare(text) for key, text in cells.items() if text and key != "number"}
        shipped = [example_texts(entry, language) for entry in EXAMPLES for language in ("ja", "en")]
        if any(said == {key: bare(text) for key, text in entry.items()} for entry in shipped):
            self.examples.append(row + 1)
            return
        self._refuse(
            "example_row_filled", cells["number"],
            "例の印のある行が書き換えられています。自団体の業務なら印を消し、例ならこの行を削除してください",
            "This row is marked as an example but differs from it: clear the mark if it is your task, else delete the row",
            row, self._columns["number"], _TASK["number"].label.ja,
        )  # fmt: skip

    def _check_together(self, row: int, cells: dict[str, str], values: Values, header: Values) -> None:
        for key in values:
            for other in _TASK[key].needs:
                if other not in values:
                    self._together(row, key, other)
        if any(values.get(f"staff_{side}", 0) for side in ("before", "after")):
            for key in ("staff_unit", "staff_rate"):
                if key not in values:
                    self._together(row, "staff_before", key)
        self._check_rate(row, cells, values)
        self._check_staff(row, cells, values, header)
        self._check_one_offs(row, cells, values, header)

    def _together(self, row: int, key: str, other: str) -> None:
        one, two = _TASK[key].label, _TASK[other].label
        defect = (
            "filled_together", None,
            f"「{one.ja}」を書くなら「{two.ja}」も必要です", f"'{one.en}' needs '{two.en}' beside it",
        )  # fmt: skip
        self._refuse(*defect, row, self._columns[other], two.ja)

    def _check_rate(self, row: int, cells: dict[str, str], values: Values) -> None:
        rate, unit = values.get("staff_rate"), values.get("staff_unit")
        if rate is None or unit is None:
            return
        low, high = STAFF_RATES[cast(str, unit)]
        if not low <= cast(Decimal, rate) <= high:
            per_ja, per_en = (
                ("円／時間", "yen an hour") if unit == "hours" else ("円／人年", "yen a staff-year")
            )
            self._refuse(
                "out_of_range", cells["staff_rate"],
                f"{per_ja}では {low:,} から {high:,} までの値です。単位（{cells['staff_unit']}）と合っていますか",
                f"In {per_en} it lies within {low:,} and {high:,}: does it fit the unit ({cells['staff_unit']})?",
                row, self._columns["staff_rate"], _TASK["staff_rate"].label.ja,
            )  # fmt: skip

    def _check_staff(self, row: int, cells: dict[str, str], values: Values, header: Values) -> None:
        """Refuse more staff than a body of this population can have: hours were written for staff-years."""
        if "staff_unit" not in values or "population" not in header:
            return
        staff = max(_FEWEST_STAFF, cast(int, header["population"]) // _RESIDENTS_PER_STAFF)
        limit = staff * (1 if values["staff_unit"] == "staff_years" else _HOURS_OF_A_YEAR)
        for key in ("staff_before", "staff_after"):
            if cast(Decimal, values[key]) > limit:
                self._refuse(
                    "out_of_range", cells[key],
                    f"この人口の団体では {limit:,} を超えません。単位（{cells['staff_unit']}）と合っていますか",
                    f"A body of this population has at most {limit:,}: does it fit the unit ({cells['staff_unit']})?",
                    row, self._columns[key], _TASK[key].label.ja,
                )  # fmt: skip

    def _check_one_offs(self, row: int, cells: dict[str, str], values: Values, header: Values) -> None:
        if "change_year" not in header or "years" not in header:
            return
        change, years = cast(int, header["change_year"]), cast(int, header["years"])
        first, last = change - _EARLIEST_ONE_OFF, change + years - 1
        for number in range(1, ONE_OFFS + 1):
            key = f"one_off_year_{number}"
            if key in values and not first <= cast(int, values[key]) <= last:
                self._refuse(
                    "year_outside_evaluation", cells[key],
                    f"{first}年度から{last}年度（評価の最後の年度）までです。それより後なら評価年数を増やしてください",
                    f"From fiscal {first} to {last}, the last year evaluated: for a later one evaluate more years",
                    row, self._columns[key], _TASK[key].label.ja,
                )  # fmt: skip

    def _repeated(self, tasks: list[Task]) -> None:
        names = Counter(header_key(task.name) for task in tasks)
        for task in tasks:
            if names[header_key(task.name)] > 1:
                self._refuse(
                    "duplicate_key", task.name, "同じ業務名が複数あります。一行にまとめるか、名を分けてください",
                    "This task stands twice: merge the rows or tell the names apart",
                    task.row - 1, self._columns["name"], _TASK["name"].label.ja,
                )  # fmt: skip

    def _check_years(self, header: Values, rows: dict[str, int]) -> None:
        change = cast(int | None, header.get("change_year"))
        if change is None:
            return
        if cast(int, header.get("before_year", change)) > change:
            self._refuse(
                "year_outside_evaluation", str(header["before_year"]),
                f"見直しの年度（{change}年度）までの年度を書いてください",
                f"Write a fiscal year up to that of the change ({change})",
                rows["before_year"], 1, _HEADER["before_year"].label.ja,
            )  # fmt: skip
        after = cast(int, header.get("after_year", change))
        key = "after_year" if "after_year" in header else "change_year"
        if after < change:
            self._refuse(
                "year_outside_evaluation", str(after), f"見直しの年度（{change}年度）以後の年度を書いてください",
                f"Write a fiscal year from that of the change ({change}) on", rows[key], 1, _HEADER[key].label.ja,
            )  # fmt: skip
        if header.get("figures_are") == "actual" and date(after + 1, 3, 31) > self._today:
            self._refuse(
                "year_not_over", str(after),
                f"{after}年度はまだ終わっていません。実績ではなく見込みにするか、終わった年度の数値を書いてください",
                f"Fiscal {after} is not over: call the figures an estimate, or give those of a year that is",
                rows[key], 1, _HEADER[key].label.ja,
            )  # fmt: skip
        day = cast(date | None, header.get("population_on"))
        if day is not None and day > self._today:
            self._refuse(
                "year_not_over", day.isoformat(), "今日までの日の人口を書いてください",
                "Write a population of a day up to today", rows["population_on"], 1, _HEADER["population_on"].label.ja,
            )  # fmt: skip


_HEADS = {header_key(FIELD_HEAD.ja), header_key(FIELD_HEAD.en)}
_HEADER = {entry.key: entry for entry in HEADER_FIELDS}
_TASK = {entry.key: entry for entry in TASK_FIELDS}


def _made_task(row: int, values: Values) -> Task:
    given: Any = values
    before, after = (
        Side(
            staff=given[f"staff_{side}"],
            running=given[f"running_{side}"],
            contract=given[f"contract_{side}"],
            volume=given.get(f"volume_{side}"),
            minutes=given.get(f"minutes_{side}"),
        )
        for side in ("before", "after")
    )
    one_offs = tuple(
        OneOff(given[f"one_off_year_{number}"], given[f"one_off_{number}"])
        for number in range(1, ONE_OFFS + 1)
        if f"one_off_{number}" in given
    )
    return Task(
        row=row + 1, name=given["name"], kind=cast(Kind, given["kind"]), before=before, after=after, one_offs=one_offs,
        evidence=given["evidence"], staff_unit=given.get("staff_unit"), staff_rate=given.get("staff_rate"),
        volume_unit=given.get("volume_unit"), note=given.get("note"),
    )  # fmt: skip


def _form(header: Values, tasks: list[Task]) -> Form:
    given: Any = header
    return Form(
        area_code=given["area_code"], area_name=given["area_name"], change_year=given["change_year"],
        start_month=given.get("start_month", 4), is_estimate=given["figures_are"] == "estimate",
        before_year=given.get("before_year", given["change_year"] - 1), after_year=given.get("after_year", given["change_year"]), population=given["population"],
        population_on=given["population_on"], years=given["years"], discount_rate=given.get("discount_rate"),
        tasks=tuple(tasks),
    )  # fmt: skip
