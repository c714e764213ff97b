"""What a `source.yml` may say. Unknown keys are errors, nothing that carries meaning has a default."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.catalog.published import PublishedTable
from pipelines.catalog.registers import RegisterTable
from pipelines.catalog.strict import Strict, require
from pipelines.catalog.vocabulary import Label, load_vocabulary

ColumnType = Literal[
    "text",
    "integer",
    "integer_list",
    "decimal",
    "boolean",
    "date",
    "date_expression",
    "fiscal_year",
    "area_code",
]


class Measurement(Strict):
    """What the numbers of a column of a wide table observe."""

    item_id: str
    series_id: str
    statistic: str

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        require("statistics", self.statistic)
        return self


class Column(Strict):
    """One column: how its header reads, what its cells must be."""

    header: list[str] = Field(alias="from", default_factory=list)
    type: ColumnType
    required: bool = False
    unit: str | None = None
    words: str | None = None
    choices: list[str] | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    references: str | None = None
    measures: Measurement | None = None

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        vocabulary = load_vocabulary()
        if self.words and not hasattr(vocabulary, self.words):
            raise ValueError(f"words: {self.words} is not in the vocabulary")
        if self.unit and self.unit not in vocabulary.units:
            raise ValueError(f"unit: {self.unit} is not in the vocabulary")
        limits = (self.minimum, self.maximum, self.choices, self.words, self.pattern)
        if self.type == "integer_list" and any(limit is not None for limit in limits):
            raise ValueError("a list has no limits of its own")
        if self.measures and not self.unit:
            raise ValueError("a column that measures something needs a unit")
        return self

    def allowed(self) -> list[str] | None:
        """Return the only values allowed, if there is such a list."""
        return self.choices or (load_vocabulary().names(self.words) if self.words else None)


class Check(Strict):
    """A rule over a whole row, as SQL; rows for which it is not true are refused."""

    id: str
    sql: str
    message: Label


class Citation(Strict):
    """The document that a whole table of figures is cited from."""

    document_id: str
    title_ja: str
    publisher_ja: str
    original_publisher_ja: str | None = None
    url: str
    published_on: str | None = None
    published_on_basis: str | None = None


class WideFigures(Strict):
    """What is common to all figures of a wide table (one row a body and fiscal year)."""

    body_scope: str
    as_of: Literal["fiscal_year_end"]
    date_basis: Literal["printed", "interpreted"]
    observation_status: str
    citation: Citation

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        require("body_scopes", self.body_scope)
        require("observation_statuses", self.observation_status)
        return self


class Table(Strict):
    """One table of a source: its file, header, columns, key and rules."""

    file: str
    role: Literal["reference", "figures", "wide_figures"]
    title: Label
    grain: list[str] = Field(min_length=1)
    anchor: str
    sheet: str | None = None
    ignore: list[str] = Field(default_factory=list)
    columns: dict[str, Column]
    checks: list[Check] = Field(default_factory=list)
    figures: WideFigures | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        unknown = [key for key in self.grain if key not in self.columns]
        if unknown:
            raise ValueError(f"grain names unknown columns: {unknown}")
        if (self.role == "wide_figures") != (self.figures is not None):
            raise ValueError("`figures:` belongs to role wide_figures, and only there")
        return self

    def header_names(self, key: str) -> list[str]:
        """Return the texts by which a column's header is known."""
        return self.columns[key].header or [key]


class Item(Strict):
    """What is observed: defined once, by the source that owns it."""

    name: Label
    unit: str
    decimals: int
    additive: bool


class Series(Strict):
    """One definition of an item that holds over a span of time; a new definition is a new series."""

    item_id: str
    definition: Label
    valid_from: date | None = None
    valid_to: date | None = None
    break_reason: Label | None = None
    succeeds: str | None = None


class ReleaseMonth(Strict):
    """The month in which a publication usually comes out, and who says so in which words."""

    month: int = Field(ge=1, le=12)
    stated_at: str = Field(pattern=r"^https?://")
    wording_ja: str


class Source(Strict):
    """A whole `source.yml`."""

    source_id: str
    publisher: Label
    title: Label
    licence: str
    landing_url: str
    cadence: str
    published_in_month: ReleaseMonth | None = None
    note: Label | None = None
    items: dict[str, Item] = Field(default_factory=dict)
    series: dict[str, Series] = Field(default_factory=dict)
    tables: dict[str, Table] = Field(default_factory=dict)
    published: dict[str, PublishedTable] = Field(default_factory=dict)
    registers: dict[str, RegisterTable] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        vocabulary = load_vocabulary()
        if not (self.tables or self.published or self.registers):
            raise ValueError("a source has tables of its own or published ones")
        if twice := self.tables.keys() & self.published.keys():
            raise ValueError(f"named twice: {sorted(twice)}")
        if self.licence not in vocabulary.licences:
            raise ValueError(f"licence: {self.licence} is not in the vocabulary")
        if self.cadence not in vocabulary.cadences:
            raise ValueError(f"cadence: {self.cadence} is not in the vocabulary")
        if self.published_in_month and vocabulary.cadences[self.cadence].months != 12:
            raise ValueError("published_in_month: only a yearly publication has a month")
        for item_id, item in self.items.items():
            if item.unit not in vocabulary.units:
                raise ValueError(f"item {item_id}: unit {item.unit} is not in the vocabulary")
        return self

    def collected(self) -> dict[str, PublishedTable | RegisterTable]:
        """Return the tables of which every file is kept that comes: publishers' files and registers."""
        return {**self.published, **self.registers}

    def figure_tables(self) -> dict[str, Table]:
        """Return the tables that hold figures."""
        return {name: table for name, table in self.tables.items() if table.role != "reference"}
