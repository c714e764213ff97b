"""`mieruka export`: the warehouse as files for spreadsheets, programs and the web."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.messages import Speaker
from cli.progress import Display
from cli.reader import open_for_export
from cli.usage import UsageError, area_code_of
from pipelines.normalize.area_codes import with_check_digit
from pipelines.progress import report
from pipelines.settings import Home

if TYPE_CHECKING:
    import duckdb

    from pipelines.export.run import Exported
    from pipelines.export.tables import Selection

API = "api"
_DEFAULT_FORMATS = "parquet,csv,xlsx"


def formats_of(text: str | None, say: Speaker) -> list[str]:
    """Return the formats asked for; raise UsageError for one that is not known."""
    from pipelines.export.run import FORMATS

    known = (*FORMATS, API)
    given = [name.strip().lower() for name in (text or _DEFAULT_FORMATS).split(",") if name.strip()]
    if not given or (unknown := [name for name in given if name not in known]):
        raise UsageError(
            say("unknown_format", text=", ".join(unknown) if given else text, known=", ".join(known))
        )
    return list(dict.fromkeys(given))


def _names(given: list[str]) -> tuple[str, ...]:
    """Return the names of an option that may be repeated or list several with commas."""
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip())


def _code(text: str, say: Speaker, *, prefecture: bool = False) -> str:
    if prefecture and len(text) == 2 and text.isascii() and text.isdigit():
        text = with_check_digit(f"{text}000") or text
    return area_code_of(text, say)


def selection_of(arguments: Namespace, say: Speaker) -> Selection:
    """Return what was asked for; raise UsageError for codes and years that are none."""
    from pipelines.export.tables import Selection
    from pipelines.land.backfill import WrongYearsError, Years

    years = None
    if arguments.years:
        try:
            parsed = Years.parse(arguments.years)
        except WrongYearsError as error:
            raise UsageError(say("bad_period", text=error)) from error
        years = (parsed.first, parsed.last)
    return Selection(
        _names(arguments.table),
        tuple(_code(text, say) for text in _names(arguments.area)),
        tuple(_code(text, say, prefecture=True) for text in _names(arguments.prefecture)),
        _names(arguments.item),
        years,
    )


def _chosen(selection: Selection, say: Speaker) -> list[str]:
    """Return in words what was chosen, for the cover of a workbook."""
    given = {
        "chosen_tables": selection.tables,
        "chosen_areas": selection.areas,
        "chosen_prefectures": selection.prefectures,
        "chosen_items": selection.items,
        "chosen_years": selection.years and (f"{selection.years[0]}..{selection.years[1]}",),
    }
    return [say(key, text=", ".join(values)) for key, values in given.items() if values]


def base_url_of(arguments: Namespace, say: Speaker) -> str | None:
    """Return the address of publication, with a slash at its end; raise UsageError for what is none."""
    from urllib.parse import urlsplit

    if not arguments.base_url:
        return None
    parts = urlsplit(arguments.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(say("bad_base_url", text=arguments.base_url))
    return arguments.base_url.rstrip("/") + "/"


def folder_of(arguments: Namespace, home: Home, say: Speaker) -> Path:
    """Return the folder to write to; raise UsageError for one that the warehouse itself lives in."""
    folder = Path(arguments.to).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise UsageError(say("export_not_a_folder", path=folder))
    if folder == home.root or any(folder.is_relative_to(own) for own in home.folders()):
        raise UsageError(say("export_in_home", path=folder))
    return folder


def run_export(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Write the export and say what was written."""
    import duckdb

    from pipelines.export.folder import ForeignFileError, other_files
    from pipelines.export.tables import Selection, SelectionError
    from pipelines.export.xlsx_file import TextTooLongError

    formats = formats_of(arguments.format, say)
    selection = selection_of(arguments, say)
    if API in formats and selection != Selection():
        raise UsageError(say("export_api_is_whole"))
    base = base_url_of(arguments, say)
    folder = folder_of(arguments, home, say)
    if others := other_files(folder):
        print(say("export_other_files", path=folder, count=others), file=sys.stderr)
    try:
        with open_for_export(home, folder) as connection:
            more = _on_the_web(connection, home, formats, base)
            done = _export(connection, selection, formats, folder, say, more)
    except SelectionError as error:
        near = say("nearest", names=", ".join(error.near)) if error.near else ""
        raise UsageError(say(f"unknown_export_{error.kind}", text=error.text) + near) from error
    except ForeignFileError as error:
        raise UsageError(say("export_foreign_file", path=error)) from error
    except TextTooLongError as error:
        print(say("export_text_too_long", place=error), file=sys.stderr)
        return 1
    except duckdb.CatalogException as error:
        print(say("export_older_warehouse", detail=str(error).splitlines()[0]), file=sys.stderr)
        return 1
    _tell(done, folder, say)
    return 0


def _export(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    formats: list[str],
    folder: Path,
    say: Speaker,
    more: Sequence[Callable[[Path, Exported], None]],
) -> Exported:
    from pipelines.export.run import Export

    def tell(name: str) -> None:
        report("export", detail=name)

    chosen = _chosen(selection, say)
    export = Export(connection, selection, formats, _version(connection), chosen, tell)
    with Display(say, quiet=True).shown():
        return export.into(folder, *more)


def _on_the_web(
    connection: duckdb.DuckDBPyConnection, home: Home, formats: list[str], base: str | None
) -> list[Callable[[Path, Exported], None]]:
    """Return what writes the files for the web beside the others: the catalog always, API and feed when asked for."""
    from pipelines.open_data.catalog import write_catalog
    from pipelines.open_data.together import write_open_data

    version = _version(connection)

    def add_all(folder: Path, done: Exported) -> None:
        done.files[API] = write_open_data(connection, home, folder, version, base)

    def add_catalog(folder: Path, _: Exported) -> None:
        write_catalog(connection, folder, version, base)

    return [add_all if API in formats else add_catalog]


def _version(connection: duckdb.DuckDBPyConnection) -> str:
    from pipelines.publish.versions import version_said

    return version_said(connection) or ""


def _tell(done: Exported, folder: Path, say: Speaker) -> None:
    counted = ", ".join(f"{name} {count}" for name, count in done.files.items())
    print(say("exported", path=folder, files=counted, rows=done.rows))
    if done.has_no_figures:
        print(say("export_no_figures"), file=sys.stderr)
    if done.left_out:
        print(
            say("export_left_out", tables=", ".join(done.left_out), first=done.left_out[0]), file=sys.stderr
        )
