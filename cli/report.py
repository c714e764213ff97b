"""`report`: the static pages of the published warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.formats import day_text, target_text, unit_text, value_text
from cli.messages import (
    DATE_BASES,
    FLAGS,
    FRESHNESS,
    FRESHNESS_BASES,
    REASONS,
    SCHEMES,
    STATUSES,
    Speaker,
)
from cli.outlook_words import MODELS, PROJECTION_REASONS
from cli.register_words import EXPLAINED, TERMS
from pipelines.settings import Home

if TYPE_CHECKING:
    import duckdb

    from pipelines.pages.site import Beside, Written
    from pipelines.pages.wording import Wording


def wording() -> Wording:
    """Return the words and formats of the terminal, which the pages use too."""
    from pipelines.pages.wording import Wording

    speakers = {language: Speaker(language) for language in ("ja", "en")}

    def target(row: dict[str, Any], language: str) -> str:
        return target_text(row, speakers[language])

    return Wording(
        STATUSES, REASONS, FLAGS, SCHEMES, DATE_BASES, FRESHNESS, FRESHNESS_BASES, MODELS, PROJECTION_REASONS,
        TERMS, EXPLAINED, value_text, unit_text, day_text, target,
    )  # fmt: skip


def _open_data(home: Home, base_url: str | None) -> Beside:
    """Return what writes API, feed and catalog beside the pages."""
    from pipelines.open_data.together import write_open_data

    def write(connection: duckdb.DuckDBPyConnection, folder: Path, version: str) -> int:
        return write_open_data(connection, home, folder, version, base_url, "index.html")

    return write


def _data_docs(home: Home) -> Beside:
    """Return what writes the Data Docs of the remembered checks beside the pages."""
    from pipelines.quality.data_docs import FOLDER, write_data_docs
    from pipelines.quality.history import read_gates

    def write(_connection: duckdb.DuckDBPyConnection, folder: Path, _version: str) -> int:
        return write_data_docs(read_gates(home), folder / FOLDER)

    return write


def write_pages(
    home: Home,
    folder: Path | None,
    contact: str,
    base_url: str | None = None,
    *,
    only_pages: bool = False,
    data_docs: bool = False,
) -> Written:
    """Write the site into a folder, by default into the home; raise NotOurFolderError or NotPublishedError."""
    from cli.reader import open_for_export
    from pipelines.pages.site import Options, write_site

    target = (folder or home.reports / "site").expanduser().resolve()
    beside = [] if only_pages else [_open_data(home, base_url)]
    if data_docs:
        beside.append(_data_docs(home))
    options = Options(contact, home)
    with open_for_export(home, target.parent) as connection:
        return write_site(connection, target, wording(), options, beside)
