"""What a `source.yml` may say about a publisher's own file: its layouts, cells, rows, and the sums that must tie."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from pipelines.catalog.strict import Strict, require
from pipelines.catalog.vocabulary import Label, load_vocabulary
from pipelines.normalize.text import normalise_width

# `year`: 2020年 or 2020年度.
CellType = Literal["text", "number", "date", "fiscal_year", "year"]
# `aggregate`: a class of bodies of the whole nation, told apart by its `body_scope`; in sums it is a member.
RowKind = Literal["nation", "prefecture", "total", "aggregate", "skip", "end"]
_WITHIN = "!"
_PAGES = (".html", ".htm")
AsOf = Literal["period", "day_after_period", "column"]


def _regular_expression(text: str) -> str:
    re.compile(text)
    return text


def _month_and_day(text: str) -> str:
    # A year without a 29 February: a day must exist in every one.
    date.fromisoformat(f"2001-{text}")
    return text


Pattern = Annotated[str, AfterValidator(_regular_expression)]
ColumnLetters = Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]


class Period(Strict):
    """What span a file describes and where it says so; every place that names one must agree.

    `year` is a Japanese or Western year, written `{year}` in a pattern; a pattern may instead have the named
    groups `western`, `yy`, `era` with `era_year`, `month`, `day`.
    """

    kind: Literal["fiscal_year", "month", "day"]
    title: list[str] = Field(default_factory=list)
    sheet: list[str] = Field(default_factory=list)
    header: list[str] = Field(default_factory=list)
    file: list[str] = Field(default_factory=list)
    column: str | None = None


class Measure(Strict):
    """What the numbers of a column observe.

    `when` limits it to rows whose other columns hold given texts, `only` to rows where other columns give a number.
    """

    item_id: str
    series_id: str
    statistic: str
    as_of: AsOf = "period"
    as_of_column: str | None = None
    covers_year: bool = False
    years_before: int = 0
    when: dict[str, str] = Field(default_factory=dict)
    only: dict[str, int] = Field(default_factory=dict)
    nation: str | None = None
    numerator: str | None = None
    denominator: str | None = None

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        require("statistics", self.statistic)
        if self.nation:
            require("statistics", self.nation)
        if (self.numerator is None) != (self.denominator is None):
            raise ValueError("`numerator` and `denominator` belong together")
        if (self.as_of == "column") != (self.as_of_column is not None):
            raise ValueError("`as_of: column` and `as_of_column` belong together")
        return self


class PublishedColumn(Strict):
    """One column: the texts of its header from the top level down (`人口>計`; `*` stands for anything).

    An `optional` column may be absent, with `present_in` only in files of other years: `2005-2006`, `2008-`.
    `words` are cells that stand for a number, such as `○: 1` in the columns of a flag; `"*"` is any other text.
    Where headers repeat, `at` names the column's letters; the header there must still be one of the texts. A column without a
    header stands `left_of` another. Of a text, `clean` takes the first group, or all that it matches (NFKC, no spaces).
    `same_as` reads the cells of another column a second time, with marks and words of its own.
    What a form says once for all rows of a sheet is no column of cells: it stands `under` a label above the header, or
    is the group of a pattern found `in_sheet_name`; of both, they must agree.
    A column of years means their last days and nothing more precise, unless the publisher's definitions say on which
    day of the year its figures are taken (`month_day: "10-01"`).
    """

    header: list[str] = Field(alias="from", default_factory=list)
    left_of: str | None = None
    same_as: str | None = None
    under: list[str] = Field(default_factory=list)
    in_sheet_name: Pattern | None = None
    type: CellType
    optional: bool = False
    present_in: list[Annotated[str, Field(pattern=r"\d{4}-(\d{4})?")]] = Field(default_factory=list)
    unit: str | None = None
    marks: dict[str, str] = Field(default_factory=dict)
    words: dict[str, int] = Field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    fill_down: bool = False
    bracketed: bool = False
    at: ColumnLetters | None = None
    clean: Pattern | None = None
    month_day: Annotated[str, AfterValidator(_month_and_day)] | None = None
    measures: list[Measure] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.unit and self.unit not in load_vocabulary().units:
            raise ValueError(f"unit: {self.unit} is not in the vocabulary")
        if self.measures and (self.unit is None or self.type != "number"):
            raise ValueError("a column that measures something is a number with a unit")
        if not (self.header or self.left_of or self.same_as or self.is_of_sheet):
            raise ValueError("a column is known by its header (`from`) or stands `left_of` another")
        if self.is_of_sheet and (self.header or self.type != "text"):
            raise ValueError("what stands `under` a label or `in_sheet_name` is a text without a header")
        if self.clean and self.type != "text":
            raise ValueError("`clean` is for texts: the text of a figure stays as printed")
        if self.month_day and self.type != "year":
            raise ValueError("`month_day` is for columns of years")
        for status in self.marks.values():
            require("value_statuses", status)
        return self

    @property
    def is_of_sheet(self) -> bool:
        """Return whether a sheet says this once for all of its rows."""
        return bool(self.under or self.in_sheet_name)

    def must_be_in(self, year: int) -> bool:
        """Return whether a file of a year must have this optional column."""
        spans = [span.split("-") for span in self.present_in]
        return any(int(first) <= year <= int(last or 9999) for first, last in spans)


class RowRule(Strict):
    """Rows that are not bodies: those whose columns match all the given patterns (NFKC, no spaces).

    A file without a row of a `required` kind was cut off; the totals that `ties` name are required anyway.
    """

    kind: RowKind = Field(alias="is")
    where: dict[str, Pattern] = Field(min_length=1)
    required: bool = False
    body_scope: str | None = None

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        if self.body_scope:
            require("body_scopes", self.body_scope)
        return self


class Identity(Strict):
    """By which columns a row names its body, and which bodies a whole file must name.

    A code that `no_code` matches is none: such a row is known by its name, as in files without codes. `code_digits`
    says how long the codes are where a spreadsheet took their leading zeros: 12106 is 岩見沢市 or 千葉市緑区.

    A whole file names the `complete` bodies of the nation, or (`complete_in: prefectures`) of each prefecture of which
    it names one. They are the bodies of the period's last day; with `as_of: fiscal_year_start` those of its 1 April, with `as_of:
    row` those of the day of each row (`as_of_column`), in a file of many years.
    """

    code: str | None = None
    no_code: Pattern | None = None
    code_digits: Literal[5, 6] | None = None
    prefecture: str | None = None
    name: str | None = None
    types: list[str] = Field(min_length=1)
    complete: list[str] = Field(default_factory=list)
    complete_in: Literal["nation", "prefectures"] = "nation"
    by_elimination: bool = False
    as_of: Literal["period_end", "fiscal_year_start", "row"] = "period_end"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.code is None and self.name is None and self.prefecture is None:
            raise ValueError("a row needs a code or a name")
        for area_type in (*self.types, *self.complete):
            require("area_types", area_type)
        return self


class Tie(Strict):
    """Figures that must add up within one file: members of some types against a total row of the same file.

    A file in blocks has a total in each: `by` is the column whose text tells the blocks apart. The member `body` is
    every row of a body, whichever it is; an `optional` total is compared in the files that print it.
    """

    rule: Literal["sum", "mean"]
    columns: list[str] = Field(min_length=1)
    members: list[str] = Field(min_length=1)
    total: Literal["nation", "prefecture", "total"]
    by: str | None = None
    optional: bool = False
    tolerance: float = 0
    note: Label | None = None


class RowCheck(Strict):
    """A rule over one row as SQL over its columns; where it is not true the row is refused, or only some columns."""

    id: str
    sql: str
    columns: list[str] = Field(default_factory=list)
    message: Label
    severity: Literal["error", "warning"] = "error"


class Layout(Strict):
    """How one form of the sheet is laid out; it holds from a period until a later layout supersedes it.

    `sheet` has patterns of the sheet's name; the first sheet that matches is read. Before a pattern, `newest:` means
    the one of them whose name has the latest year, `previous:` the one of the year before. Of layouts that hold from
    the same period the last one whose anchor is there is meant; `observation_status` goes before the table's.
    With `blank_rows` blank rows stand between groups of bodies and are no sign of a lost one. The header is found by
    a cell `anchor` in its row `anchor_row`; with `header_at`, the row of the file in which it begins, in any row of it.
    Up to the column `heads_spread_to` a head that is not merged holds for the blank cells to its right, as if it were.
    A `block` is a part of a form: headers left of its first and right of its last described column are another's. It has
    `rows` below its header, or one `row`, which is read also when it is blank. The text of the column `note` goes with
    every figure of its row.
    """

    since: int = Field(alias="from")
    sheet: list[str] = Field(min_length=1)
    anchor: list[str] = Field(min_length=1)
    header_rows: int = 1
    header_at: int | None = None
    heads_spread_to: ColumnLetters | None = None
    anchor_row: int = 1
    columns: dict[str, PublishedColumn]
    ignore: list[str] = Field(default_factory=list)
    rows: list[RowRule] = Field(default_factory=list)
    checks: list[RowCheck] = Field(default_factory=list)
    ties: list[Tie] = Field(default_factory=list)
    observation_status: str | None = None
    blank_rows: bool = False
    block: Literal["rows", "row"] | None = None
    note: str | None = None

    def condition_columns(self) -> list[str]:
        """Return the columns on whose texts it depends which measure a row is of."""
        measures = [measure for column in self.columns.values() for measure in column.measures]
        return sorted({name for measure in measures for name in measure.when})

    def day_columns(self) -> list[str]:
        """Return the columns that give the days of figures."""
        measures = [measure for column in self.columns.values() for measure in column.measures]
        return sorted({measure.as_of_column for measure in measures if measure.as_of_column})


class WebPlace(Strict):
    """A page of the publisher from which files are linked; `follow` leads over pages of one year each.

    Patterns are searched in the text and the address of a link; `suffixes` say how a file's address ends.
    """

    page: str = Field(pattern=r"https?://.+")
    follow: Pattern | None = None
    link: Pattern
    suffixes: list[str] = Field(default=[".xlsx", ".xls"], min_length=1)


# The conditions of the e-Stat API: `cdCat01: A1101`, `lvArea: "2"`, `cdTimeFrom: "2000100000"`.
ESTAT_CONDITION = r"(?:lv|cd)(?:Tab|Time|Area|Cat(?:0[1-9]|1[0-5]))(?:From|To)?"


class EstatTable(Strict):
    """A table of the e-Stat API by its ID, and the conditions that limit what is asked of it."""

    stats_data_id: str = Field(pattern=r"^[0-9]{10}$")
    conditions: dict[Annotated[str, Field(pattern=f"^{ESTAT_CONDITION}$")], str] = Field(default_factory=dict)


class KnownFile(Strict):
    """A file, by the SHA-256 of its bytes, that does not say itself what it describes or who copied it."""

    period: str = Field(pattern=r"FY\d{4}|\d{4}-\d{2}-\d{2}")
    transcribed_by: str | None = None


# What a table of texts gives to the common tables: parts of the register of areas, or the types of bodies.
Provided = Literal["code_list", "standard_areas", "area_events", "associations", "peer_types"]


class PublishedTable(Strict):
    """A series of files of one publication: where they lie, what they describe, in which layouts.

    A pattern of `files` may go on with the file that is read within an archive: `survey*.zip!*市区町村*.xlsx`.
    A `transposed` file has its bodies in columns. With `sheets: each` all sheets whose names match are one table, such
    as forms that have a sheet for each body.
    """

    title: Label
    role: Literal["figures", "reference"]
    files: list[str] = Field(min_length=1)
    url: str | None = None
    web: list[WebPlace] = Field(default_factory=list)
    estat: EstatTable | None = None
    period: Period
    identity: Identity | None = None
    body_scope: str = "each_body"
    observation_status: str = "final"
    date_basis: Literal["printed", "interpreted"] = "printed"
    transcribed_by: str | None = None
    provides: Provided | None = None
    known_files: dict[str, KnownFile] = Field(default_factory=dict)
    genuine_file_seen: bool = True
    transposed: bool = False
    sheets: Literal["first", "each"] = "first"
    marks: dict[str, str] = Field(default_factory=dict)
    layouts: list[Layout] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        require("body_scopes", self.body_scope)
        require("observation_statuses", self.observation_status)
        for status in self.marks.values():
            require("value_statuses", status)
        if any(first.since > second.since for first, second in pairwise(self.layouts)):
            raise ValueError("layouts stand in the order of the periods from which they hold")
        if (self.role == "figures") != (self.identity is not None):
            raise ValueError("`identity:` belongs to role figures, and only there")
        if self.sheets == "each" and (self.identity is None or self.transposed):
            raise ValueError("`sheets: each` is for figures of bodies in rows")
        suffixes = {suffix.lower() for place in self.web for suffix in place.suffixes}
        if suffixes & set(_PAGES) and not any(name.lower().endswith(_PAGES) for name in self.files):
            raise ValueError("a page (.html) is a file of this table only if `files` names one")
        for layout in self.layouts:
            if layout.observation_status:
                require("observation_statuses", layout.observation_status)
            self._check_names(layout)
            if self.identity and self.identity.as_of == "row" and len(layout.day_columns()) != 1:
                raise ValueError("bodies `as_of: row` need one column that says the day of every figure")
        return self

    def _check_names(self, layout: Layout) -> None:
        columns = layout.columns
        named = [name for rule in layout.rows for name in rule.where]
        named += [name for tie in layout.ties for name in (*tie.columns, *([tie.by] if tie.by else []))]
        named += [layout.note] if layout.note else []
        if self.identity:
            keys = (self.identity.code, self.identity.prefecture, self.identity.name)
            named += [name for name in keys if name and name not in columns and self.identity.code is None]
        for column in columns.values():
            named += filter(None, (column.left_of, column.same_as))
            for measure in column.measures:
                named += [*measure.when, *measure.only]
                named += filter(None, (measure.as_of_column, measure.numerator, measure.denominator))
        unknown = sorted(set(named) - columns.keys())
        if unknown:
            raise ValueError(f"layout from {layout.since}: unknown columns {unknown}")

    @property
    def is_on_the_web(self) -> bool:
        """Return whether it says where on the web its files are."""
        return bool(self.web or self.estat)

    def file_patterns(self) -> list[str]:
        """Return the patterns of the files themselves, without what is read within archives."""
        return [pattern.partition(_WITHIN)[0] for pattern in self.files]

    def member_of(self, file_name: str) -> str | None:
        """Return the pattern of what is read within an archive; None when the file itself is read."""
        path = PurePosixPath(normalise_width(file_name))
        for pattern in self.files:
            outer, _, member = pattern.partition(_WITHIN)
            if member and path.match(normalise_width(outer)):
                return member
        return None

    def layout_on(self, year: int) -> Layout | None:
        """Return the layout that holds for a fiscal or calendar year: the last one not later than it."""
        held = [layout for layout in self.layouts if layout.since <= year]
        return held[-1] if held else None
