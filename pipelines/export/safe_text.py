"""Text that a spreadsheet program would take for a formula.

A text is neutralised by an apostrophe before it when its first character is one of `= + - @`, their full-width forms, a
tab, a carriage return or a line feed. What is but a number or a lone dash (the publishers' 該当なし) is left as it is. A text
that already begins with apostrophes before such a character gets one more, so that taking one away gives the original.
"""

from __future__ import annotations

import re

from pipelines.query import quoted

# RE2 (DuckDB) and Python read both the same.
_START = r"^'*[=+\-@＝＋－＠\t\r\n]"
_HARMLESS = r"^(?:[+\-＋－]?[0-9][0-9,]*(?:\.[0-9]+)?%?|[\-－])$"


def is_formula_like(text: str) -> bool:
    """Return whether a spreadsheet program could take the text for a formula."""
    return re.match(_START, text) is not None and re.match(_HARMLESS, text) is None


def neutralised(text: str) -> str:
    """Return the text with an apostrophe before it where it could be taken for a formula."""
    return f"'{text}" if is_formula_like(text) else text


def neutralised_sql(expression: str) -> str:
    """Return SQL for the same."""
    return (
        f"case when regexp_matches({expression}, {quoted(_START)}) and not regexp_matches({expression}, {quoted(_HARMLESS)}) "
        f"then '''' || {expression} else {expression} end"
    )
