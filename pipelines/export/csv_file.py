"""CSV that Excel opens with its Japanese whole: UTF-8 with byte order mark, CRLF, no formulas.

Codes stay six digits (`011002`): the file is data first, and what a program makes of it on a double click is in the docs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.export.safe_text import neutralised_sql
from pipelines.publish.datapackage import LIST_DELIMITER

if TYPE_CHECKING:
    import duckdb

    from pipelines.export.tables import ExportTable

_BOM = b"\xef\xbb\xbf"
_ROWS_AT_ONCE = 50_000


def _as_text(name: str, data_type: str) -> str:
    """Return SQL that writes a column as it stands in the file."""
    column = f'"{name}"'
    if data_type.endswith("[]"):
        return neutralised_sql(f"array_to_string({column}::varchar[], '{LIST_DELIMITER}')")
    if data_type.startswith("DECIMAL"):
        # The zeros at the end are the storage's, not the publisher's.
        scale = int(data_type.rstrip(")").rpartition(",")[2])
        return f"rtrim(rtrim({column}::varchar, '0'), '.')" if scale else f"{column}::varchar"
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} at time zone 'Asia/Tokyo', '%Y-%m-%dT%H:%M:%S+09:00')"
    if data_type == "VARCHAR":
        return neutralised_sql(column)
    return f"{column}::varchar"


def write_csv(connection: duckdb.DuckDBPyConnection, table: ExportTable, path: Path) -> None:
    """Write the rows of a table, some at a time."""
    import polars

    texts = ", ".join(f'{_as_text(name, kind)} as "{name}"' for name, kind, _ in table.columns)
    names = [name for name, _, _ in table.columns]
    reader = connection.execute(f"select {texts} from ({table.query})").to_arrow_reader(_ROWS_AT_ONCE)
    with path.open("wb") as stream:
        stream.write(_BOM + ",".join(names).encode() + b"\r\n")
        for batch in reader:
            frame = polars.DataFrame(batch)
            frame.write_csv(stream, include_header=False, line_terminator="\r\n", quote_style="necessary")
