"""Which statements a remote reader may run: those that only read tables, as DuckDB's own parser understands them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_STATEMENT = 100_000

# Functions in the place of a table that give rows from nothing, from their arguments, or from the catalogue.
_TABLE_FUNCTIONS = frozenset(
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "duckdb_tables",
        "duckdb_views", "duckdb_columns", "duckdb_schemas", "duckdb_constraints", "duckdb_types",
        "duckdb_functions", "duckdb_keywords", "pragma_table_info", "pragma_show", "pragma_version",
        "pragma_storage_info",
    }
)  # fmt: skip
# Of the functions of one row those that write, or tell of the server.
_REFUSED_FUNCTIONS = frozenset(
    {"write_log", "getenv", "getvariable", "current_setting", "query", "query_table"}
)
_REFUSED_PREFIX = "quack"


class RefusedError(ValueError):
    """The statement may not be run; the text says why."""


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a parse tree; without recursion, because a statement may be deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


class Gate:
    """Looks at statements before they are run; safe to ask from several threads."""

    def __init__(self, table_macros: Iterable[str] = ()) -> None:
        import duckdb

        self._parser = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
        self._parser.execute("set enable_external_access = false; set lock_configuration = true")
        self._lock = threading.Lock()
        self._table_functions = _TABLE_FUNCTIONS | {name.lower() for name in table_macros}

    def _parsed(self, statement: str) -> Any:
        with self._lock:
            row = self._parser.execute("select json_serialize_sql(?::varchar)", [statement]).fetchone()
        return json.loads(row[0]) if row else {"error": True}

    def check(self, statement: str) -> None:
        """Raise RefusedError unless every part of the statement only reads."""
        if len(statement) > LONGEST_STATEMENT:
            raise RefusedError(f"a statement has at most {LONGEST_STATEMENT} characters")
        tree = self._parsed(statement)
        if tree["error"] or not tree["statements"]:
            raise RefusedError(tree.get("error_message", "only SELECT is served"))
        for node in _nodes(tree["statements"]):
            if node.get("type") == "TABLE_FUNCTION":
                self._check_table_function(node)
            self._check_function(str(node.get("function_name", "")).lower())

    def _check_table_function(self, node: dict[str, Any]) -> None:
        name = str(node.get("function", {}).get("function_name", "")).lower()
        if name not in self._table_functions:
            raise RefusedError(f"the table function {name or '?'} is not served")

    @staticmethod
    def _check_function(name: str) -> None:
        if name in _REFUSED_FUNCTIONS or name.startswith(_REFUSED_PREFIX):
            raise RefusedError(f"the function {name} is not served")
