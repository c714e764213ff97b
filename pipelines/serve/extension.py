"""The extensions of DuckDB that serving and the lake need, as wheels bring them: loaded from their file, never downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.query import quoted

if TYPE_CHECKING:
    import duckdb

EXTENSIONS = ("httpfs", "quack")


class MissingExtensionError(RuntimeError):
    """An extension for the present DuckDB is not installed; the text is the requirement that brings it."""


def extension_file(name: str) -> Path:
    """Return the file of an extension for the present version of DuckDB; raise MissingExtensionError."""
    import duckdb

    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if found.is_file():
            return found
    raise MissingExtensionError(f"duckdb-extension-{name}=={duckdb.__version__}")


def load_extensions(connection: duckdb.DuckDBPyConnection, names: Iterable[str] = EXTENSIONS) -> None:
    """Load extensions, those of serving unless named; raise MissingExtensionError."""
    for name in names:
        connection.execute(f"load {quoted(extension_file(name))}")
