"""API, feed and catalog together, as the pages and the export have them beside their own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.open_data.api import write_api
from pipelines.open_data.catalog import write_catalog
from pipelines.open_data.feed import API_INDEX, write_feed

if TYPE_CHECKING:
    import duckdb

    from pipelines.settings import Home


def write_open_data(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    folder: Path,
    version: str,
    base_url: str | None = None,
    leads_to: str = API_INDEX,
) -> int:
    """Write all three into a folder, the catalog last, which lists what is there; return the number of the API's files.

    `leads_to` is the page or file that entries of the feed lead to.
    """
    files = write_api(connection, folder, version).files
    write_feed(home, folder, base_url, leads_to)
    write_catalog(connection, folder, version, base_url)
    return files
