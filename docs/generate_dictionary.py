"""Render `docs/data-dictionary.ja.md` and `.md` from the descriptions of the published tables and `docs/dictionary.yml`.

Run `.venv/bin/python docs/generate_dictionary.py` after a change to the tables; with `--check` it only
compares, and exits with 1 when a file is stale.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.publish.described import DescribedColumn, DescribedTable
from pipelines.publish.dictionary import MODELS, described_tables

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {"ja": ROOT / "docs" / "data-dictionary.ja.md", "en": ROOT / "docs" / "data-dictionary.md"}
# A name that so many tables carry is explained once, at the head.
_SHARED_BY = 4
_NUMBER = re.compile(r"int|double|decimal")


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    ja: str
    en: str

    def __getitem__(self, language: str) -> str:
        return " ".join((self.ja if language == "ja" else self.en).split()).replace("|", "\\|")


HEAD = Text(
    """<!-- Written by docs/generate_dictionary.py: do not edit by hand. -->

# データ辞書

公開される倉庫 `published/mieruka.duckdb` のすべての表・ビューと列。同じ説明が倉庫の表・ビュー・列・マクロのコメントにも
入っている。表は `published/parquet/` に Parquet としても置かれる（`meta` の表は `meta.` を頭に付けた名前。ビューは小さい `bi_` のものだけ）。
English: [data-dictionary.md](data-dictionary.md)

「空の意味」が「空にならない」の列は、空なら公開されない。「—」の列は空になる場合が知られていない。
""",
    """<!-- Written by docs/generate_dictionary.py: do not edit by hand. -->

# Data dictionary

Every table and view of the published warehouse `published/mieruka.duckdb`, with its columns. In Japanese the same texts
are the comments of tables, views, columns and macros in the warehouse. The tables are in `published/parquet/` too, as
Parquet files (those of `meta` with the prefix `meta.`; of the views only the small `bi_` ones).
日本語: [data-dictionary.ja.md](data-dictionary.ja.md)

Under “blank means”, a column that is “never blank” stops the publication where it is; of those marked “—” no blank is known.
""",
)
WORDS = {
    "table": Text("表", "Table"),
    "description": Text("説明", "Description"),
    "column": Text("列", "Column"),
    "type": Text("型", "Type"),
    "unit": Text("単位", "Unit"),
    "blank": Text("空の意味", "Blank means"),
    "never": Text("空にならない", "never blank"),
    "grain": Text("一行", "One row"),
    "key": Text("キー", "Key"),
    "origin": Text("出どころ", "Origin"),
    "caution": Text("注意", "Caution"),
    "replay": Text("ある日の再現", "As of a day"),
    "shared": Text("共通の列", "Columns of many tables"),
    "shared_note": Text(
        "同じ名の列は、どの表でも同じことを指す。表ごとの説明は、これに続けて書いたもの。",
        "A name means the same wherever it stands; what a table says beside it follows this.",
    ),
    "tables": Text("表の数", "Tables"),
}


@dataclass(frozen=True)
class Column:
    """One column as it is described; `blank` is None where no blank is known of."""

    name: str
    data_type: str
    ja: str
    en: str
    unit: Text | None = None
    blank: Text | None = None

    @property
    def text(self) -> Text:
        """Return its description."""
        return Text(self.ja, self.en)

    @property
    def is_number(self) -> bool:
        """Return whether it holds numbers, which have a unit."""
        return bool(_NUMBER.search(self.data_type)) and not self.data_type.endswith("[]")


@dataclass(frozen=True)
class Table:
    """One published table as it is described."""

    schema: str
    name: str
    ja: str
    en: str
    key: list[str]
    columns: list[Column]
    grain: Text
    origin: Text
    cautions: list[Text] = field(default_factory=list)
    is_replayed: bool = False

    @property
    def full_name(self) -> str:
        """Return the name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def text(self) -> Text:
        """Return its description."""
        return Text(self.ja, self.en)


@cache
def beside() -> dict[str, Any]:
    """Return what is said beside the descriptions of tables and columns."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "dictionary.yml").read_text(encoding="utf-8"))
    return content


def _rule(kind: str, table: str, column: str) -> Text | None:
    """Return the text of the first rule that names a column of a table."""
    for rule in beside()[kind]:
        if table not in rule.get("tables", [table]):
            continue
        by_name = column in rule.get("columns", [] if "pattern" in rule else [column])
        if by_name or re.fullmatch(rule.get("pattern", ""), column):
            return Text(rule["ja"], rule["en"])
    return None


def _origin(table: str) -> Text:
    return next(
        Text(entry["ja"], entry["en"])
        for entry in beside()["origin"]
        if entry["tables"] == "*" or table in entry["tables"]
    )


def _column(table: str, described: DescribedColumn) -> Column:
    own = Text(*described.unit) if described.unit else None
    column = Column(
        described.name,
        described.data_type,
        described.ja,
        described.en,
        own or _rule("units", table, described.name),
        WORDS["never"] if described.is_never_blank else _rule("nulls", table, described.name),
    )
    return column if column.is_number else replace(column, unit=None)


@cache
def load_tables() -> list[Table]:
    """Return the published tables in the order of their descriptions."""
    return [_table(full_name, described) for full_name, described in described_tables().items()]


def _table(full_name: str, described: DescribedTable) -> Table:
    schema, _, name = full_name.partition(".")
    sql = MODELS / schema / f"{name}.sql"
    return Table(
        schema,
        name,
        described.ja,
        described.en,
        list(described.key),
        [_column(name, column) for column in described.columns],
        Text(*beside()["grain"].get(name, ("", ""))),
        _origin(name),
        [Text(*caution) for caution in beside()["cautions"].get(name, [])],
        sql.exists() and "as_of_table" in sql.read_text(encoding="utf-8"),
    )


def definitions(tables: list[Table]) -> dict[str, list[tuple[Table, Column]]]:
    """Return the columns of each name, the one with the shortest description first: it is what the name means."""
    found: dict[str, list[tuple[Table, Column]]] = defaultdict(list)
    for table in tables:
        for column in table.columns:
            found[column.name].append((table, column))
    return {name: sorted(columns, key=lambda entry: len(entry[1].ja)) for name, columns in found.items()}


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table_lines(table: Table, language: str) -> list[str]:
    def word(name: str) -> str:
        return WORDS[name][language]

    facts = [
        (word("grain"), table.grain[language]),
        (word("key"), ", ".join(f"`{name}`" for name in table.key)),
        (word("origin"), table.origin[language]),
        *((word("caution"), caution[language]) for caution in table.cautions),
    ]
    if table.is_replayed:
        facts.append((word("replay"), f"`from {table.full_name}_as_of('2018-04-30')`"))
    colon = "：" if language == "ja" else ": "
    return [
        f"## {table.full_name}",
        "",
        table.text[language],
        "",
        *(f"- **{name}**{colon}{text}" for name, text in facts),
        "",
        _row([word(name) for name in ("column", "type", "unit", "blank", "description")]),
        "|---|---|---|---|---|",
        *(
            _row(
                [
                    f"`{column.name}`",
                    column.data_type,
                    column.unit[language] if column.unit else "",
                    column.blank[language] if column.blank else "—",
                    column.text[language],
                ]
            )
            for column in table.columns
        ),
        "",
    ]


def _shared_lines(tables: list[Table], language: str) -> list[str]:
    shared = {
        name: columns
        for name, columns in definitions(tables).items()
        if len(columns) >= _SHARED_BY and name not in beside()["own_meaning"]
    }
    return [
        f"## {WORDS['shared'][language]}",
        "",
        WORDS["shared_note"][language],
        "",
        _row([WORDS[name][language] for name in ("column", "description", "tables")]),
        "|---|---|---|",
        *(
            _row([f"`{name}`", columns[0][1].text[language], str(len(columns))])
            for name, columns in sorted(shared.items(), key=lambda entry: -len(entry[1]))
        ),
        "",
    ]


def render(tables: list[Table], language: str) -> str:
    """Return the whole page in a language."""
    index = [
        _row(
            [
                f"[{table.full_name}](#{table.full_name.replace('.', '')})",
                table.text[language],
                table.grain[language],
            ]
        )
        for table in tables
    ]
    heads = _row([WORDS[name][language] for name in ("table", "description", "grain")])
    lines = [HEAD.ja if language == "ja" else HEAD.en, heads, "|---|---|---|", *index, ""]
    lines += _shared_lines(tables, language)
    for table in tables:
        lines += _table_lines(table, language)
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say whether one is stale."""
    tables = load_tables()
    stale = 0
    for language, target in TARGETS.items():
        page = render(tables, language)
        if "--check" not in arguments:
            target.write_text(page, encoding="utf-8")
        elif not target.exists() or target.read_text(encoding="utf-8") != page:
            print(
                f"{target.relative_to(ROOT)} is stale: run {Path(__file__).relative_to(ROOT)}",
                file=sys.stderr,
            )
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
