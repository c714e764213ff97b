"""Render `docs/queries.md` from the worked queries in `docs/queries/`.

Run `.venv/bin/python docs/generate_queries.py` after a change to a query; with `--check` it only compares, and exits
with 1 when the page is stale.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "queries"
TARGET = ROOT / "docs" / "queries.md"

HEAD = """<!-- Written by docs/generate_queries.py: do not edit by hand. -->

# 問いと問い合わせの例 / Worked queries

公開された倉庫に、分析する人・財政担当者・記者が実際に尋ねる二十の問い。どれもそのまま動き、毎回の試験で実行されている。

Twenty questions that analysts, finance officers and journalists do ask of the published warehouse. Each works as it is,
and is run by the tests.

```sh
mieruka sql --file docs/queries/01-verdicts.sql                       # 表 / a table
mieruka sql --file docs/queries/01-verdicts.sql --csv > verdicts.csv  # すべての行 / every row
```

「ここを変える」とある所で団体や指標を選ぶ。空（null）の理由は `reason_code`・`value_status`・
`blanks` などの列にある。列の意味は
[データ辞書](data-dictionary.ja.md)、読み方は [分析する人へ](analysts.ja.md) に。

Change the body or measure where it says so. Why a value is blank stands in a column such as
`reason_code`, `value_status` or `blanks`. The columns are explained in the
[data dictionary](data-dictionary.md), the ways to attach in [for analysts](analysts.md).
"""


@dataclass(frozen=True)
class Query:
    """One worked query: what it asks and what it answers with, in both languages, and its SQL."""

    name: str
    question: tuple[str, str]
    answer: tuple[str, str]
    caution: tuple[str, str]
    columns: dict[str, str]
    sql: str

    @property
    def number(self) -> str:
        """Return the number it begins with."""
        return self.name.partition("-")[0]


def read_query(path: Path) -> Query:
    """Return a query from its file; raises ValueError where a line of its head is missing."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    told: dict[str, str] = {}
    for line in head[3:]:
        key, mark, text = line.partition(": ")
        if not mark:
            raise ValueError(f"{path.name}: {line}")
        told[key] = text
    try:
        return Query(
            path.stem,
            (head[0], head[1]),
            (told["答え"], told["Answer"]),
            (told["注意"], told["Caution"]),
            # A type may hold a comma itself, as decimal(38,10) does.
            dict(re.findall(r"(\w+) ([a-z ]+(?:\(\d+,\d+\))?(?:\[\])?)(?:, |$)", told["列 / Columns"])),
            "\n".join(line for line in lines if not line.startswith("--")).strip() + "\n",
        )
    except KeyError as error:
        raise ValueError(f"{path.name}: {error}") from error


def load_queries() -> list[Query]:
    """Return all queries in their order."""
    return [read_query(path) for path in sorted(FOLDER.glob("*.sql"))]


def _section(query: Query) -> str:
    columns = "、".join(f"`{name}` {kind}" for name, kind in query.columns.items())
    return f"""
## {query.number}. {query.question[0]}

**{query.question[1]}**

{query.answer[0]}。{query.caution[0]}。

{query.answer[1]}. {query.caution[1]}.

```sql
{query.sql.rstrip()}
```

列 / Columns: {columns}

[{query.name}.sql](queries/{query.name}.sql)
"""


def render(queries: list[Query]) -> str:
    """Return the whole page."""
    index = "\n".join(f"| {query.number} | {query.question[0]} | {query.question[1]} |" for query in queries)
    return f"{HEAD}\n| | 問い | Question |\n|---|---|---|\n{index}\n" + "".join(map(_section, queries))


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is stale."""
    page = render(load_queries())
    if "--check" in arguments:
        is_current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        if not is_current:
            print("docs/queries.md is stale: run docs/generate_queries.py", file=sys.stderr)
        return 0 if is_current else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
