"""How registers of assets are described: their columns by many spellings, and the words of accounts and bodies of accounts."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.catalog.strict import Strict
from pipelines.catalog.vocabulary import Label

CellKind = Literal["text", "yen", "date", "fiscal_year", "calendar_year", "integer", "quantity"]


class RegisterColumn(Strict):
    """One column: the spellings of its header (levels of merged headers joined), and what its cells are.

    Of several columns of one meaning the first spelling counts; where they are `joined`, the texts of all of them do.
    """

    header: list[str] = Field(alias="from", min_length=1)
    type: CellKind
    joined: bool = False


class Words(Strict):
    """What a text means that holds one of the words; the first entry that matches wins."""

    is_: str = Field(alias="is")
    words: list[str] = Field(min_length=1)


class RegisterTable(Strict):
    """Registers as bodies publish them: which files they are, their columns, and what their words mean.

    Columns stand in any order. A file must have one of each group of `needs`. Headers of `ignore` are known and not read;
    other unknown headers are reported and not read. Without a unit in its headers a register is in `default_unit`.

    Below an upper header that holds one of `earlier_days`, a column is the one that `earlier_columns` names for it, or is not
    read where that is blank; of columns that come twice, those below a word of `changes` give way.
    """

    title: Label
    files: list[str] = Field(min_length=1)
    about_files: list[str] = Field(min_length=1)
    columns: dict[str, RegisterColumn]
    needs: list[list[str]]
    ignore: list[str]
    earlier_days: list[str]
    earlier_columns: dict[str, str | None]
    changes: list[str]
    default_unit: str
    blanks: list[str]
    total_words: list[str]
    dittos: list[str]
    account_groups: list[Words]
    account_classes: list[Words]
    single_class_groups: dict[str, str]
    entities: list[Words]
    cost_bases: list[Words]
    genuine_file_seen: bool

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = [name for group in self.needs for name in group]
        if unknown := sorted(set(named) - self.columns.keys()):
            raise ValueError(f"needs: unknown columns {unknown}")
        return self

    def file_patterns(self) -> list[str]:
        """Return the patterns of the registers and of the small files beside them that say what they are."""
        return [*self.files, *self.about_files]
