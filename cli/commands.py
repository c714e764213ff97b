"""The commands; each returns its exit code."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from argparse import Namespace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.messages import Speaker
from cli.reader import open_published, to_json
from cli.usage import UsageError, area_code_of
from cli.waiting import tell_waiting, wait_of
from pipelines.lock import HomeBusyError
from pipelines.settings import Home, default_origin, is_offline, now, today

if TYPE_CHECKING:
    from rich.console import Console

    from cli.run import Full

_OK, _FAILED, _USAGE = 0, 1, 2
_NARROWEST = 100


def console(*, stderr: bool = False) -> Console:
    """Return a console that never wraps a machine's reader at 80 columns."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    return (
        made
        if made.is_terminal
        else Console(stderr=stderr, highlight=False, soft_wrap=True, width=_NARROWEST)
    )


def _day(text: str | None, say: Speaker) -> date:
    if text is None:
        return today()
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(say("bad_date", text=text)) from error


def _print_lines(lines: Any) -> None:
    out = console()
    for line in lines:
        out.print(line)


def status(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Print the scorecard of a day."""
    from cli.scorecard import BeforeEverythingError, ScorecardText, load, to_record

    day = _day(arguments.as_of, say)
    with open_published(home) as connection:
        try:
            card = load(connection, day)
        except BeforeEverythingError as error:
            raise UsageError(say("before_everything", day=day, first=error)) from error
    if arguments.json:
        print(to_json(to_record(card)))
    else:
        _print_lines(ScorecardText(card, say).lines())
    return _OK


def explain(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Print the arithmetic of a verdict and the source of each figure."""
    from cli.explain import Explanation, UnknownAreaError, UnknownKpiError, load

    day = _day(arguments.as_of, say)
    area = area_code_of(arguments.area, say)
    with open_published(home) as connection:
        try:
            content = load(connection, arguments.kpi, area, day)
        except UnknownKpiError as error:
            raise UsageError(say("unknown_kpi", text=arguments.kpi, near=error)) from error
        except UnknownAreaError as error:
            raise UsageError(say("unknown_area", text=error)) from error
    if arguments.json:
        print(to_json(content))
    else:
        _print_lines(Explanation(content, say).lines())
    return _OK


def sql(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Run a read-only query and print its rows as a table, records, Markdown, CSV or JSON."""
    from cli.sql import SHOWN_ON_TERMINAL, QueryError, limited, run_query, text_of_query
    from cli.tables import write

    form = "json" if arguments.json else "csv" if arguments.csv else arguments.format
    if arguments.limit is not None and not arguments.limit.isdecimal():
        raise UsageError(say("bad_limit", text=arguments.limit))
    limit = None if arguments.limit is None else int(arguments.limit)
    if limit is None and sys.stdout.isatty() and form in ("table", "records"):
        limit = SHOWN_ON_TERMINAL
    query = text_of_query(arguments.query, arguments.file, say)
    with open_published(home) as connection:
        try:
            columns, found = run_query(connection, query, say)
            shown, are_more = limited(found, limit or None)
            write(form, columns, shown)
        except QueryError as error:
            print(error, file=sys.stderr)
            return _FAILED
    if are_more:
        print(say("sql_more", limit=limit), file=sys.stderr)
    return _OK


def serve(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Serve the published warehouse to remote readers until told to stop."""
    from cli.serve import serve as serve_until_stopped

    return serve_until_stopped(arguments, home, say)


def lake(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Load registers into the shared lake, build its tables, or ask it."""
    from cli.lake import lake as work_on_lake

    day = None if arguments.as_of is None else _day(arguments.as_of, say)
    return work_on_lake(arguments, home, day, say)


def completion(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Print what a shell reads to complete commands, ids and codes."""
    from cli.completion import shell_code

    print(shell_code(arguments.shell))
    return _OK


def export(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Write the warehouse as files for spreadsheets, programs and the web."""
    from cli.export import run_export

    return run_export(arguments, home, say)


def sources(arguments: Namespace, home: Home, say: Speaker) -> int:
    """List the sources with the snapshots held, their freshness and their defects; those named in full."""
    from cli.sources import list_sources, source_lines, source_table, trouble_lines
    from cli.tables import write_table

    if arguments.sources:
        from pipelines.catalog.loader import load_catalog

        _check_known(arguments.sources, list(load_catalog().sources), say)
    listed = list_sources(home, arguments.sources)
    if arguments.json:
        print(to_json(listed))
    elif arguments.sources:
        _print_lines(source_lines(listed, say))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        write_table(*source_table(listed, say, width), sys.stdout)
        _print_lines(trouble_lines(listed, say))
        print(say("source_details"))
    return _OK


def check(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Report the defects of files; exit 1 when there are any, 2 when a file is of no known source."""
    from cli.check import check_files, check_table
    from cli.progress import Display
    from cli.tables import write_table
    from pipelines.files import write_atomically
    from pipelines.quality.defect_report import as_html, as_text

    with Display(say, quiet=True).shown():
        reports, unknown = check_files([Path(name) for name in arguments.files], home, arguments.source, say)
    if unknown and not reports:
        raise UsageError("\n".join(unknown))
    if arguments.html:
        write_atomically(Path(arguments.html), as_html(reports, say.language))
        print(say("check_page", path=arguments.html))
    elif arguments.json:
        print(to_json([entry.as_record() for entry in reports]))
    else:
        write_table(*check_table(reports, say), sys.stdout)
        for line in as_text([entry for entry in reports if entry.defects], say.language):
            print(line)
    for text in unknown:
        print(text, file=sys.stderr)
    if unknown:
        return _USAGE
    return _FAILED if any(entry.defects for entry in reports) else _OK


def register(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Check one register of assets and show its rates; exit 1 when it was refused or its cells have defects."""
    from cli.register import as_lines, examine
    from pipelines.quality.defect_report import as_text

    found = examine(arguments, home, say)
    if arguments.json:
        print(to_json(found.as_record()))
    else:
        print("\n".join(as_text([found.report], say.language)))
        print("\n".join(as_lines(found, say)))
    return _FAILED if found.report.defects else _OK


def savings(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Compute the saving of a filled-in form, or write the empty one; exit 1 when the form has defects."""
    if (arguments.file is None) == (arguments.template is None):
        raise UsageError(say("form_or_template"))
    if arguments.template is None:
        return _savings_of(arguments, Path(arguments.file), say)
    if arguments.observations or arguments.json:
        raise UsageError(say("form_or_template"))
    from cli.savings import write_template

    write_template(Path(arguments.template), say)
    print(say("template_written", path=arguments.template))
    return _OK


def _savings_of(arguments: Namespace, path: Path, say: Speaker) -> int:
    from cli.savings import SavingsText, check_observations_path, defect_report, to_record, write_observations
    from pipelines.catalog.loader import load_catalog
    from pipelines.quality.defect_report import as_text
    from pipelines.savings.arithmetic import evaluate
    from pipelines.savings.observations import Origin
    from pipelines.savings.reading import read_form
    from pipelines.savings.target import cloud_target

    if not path.is_file():
        raise UsageError(say("no_file", path=path))
    if arguments.observations:
        check_observations_path(Path(arguments.observations), path, load_catalog(), say)
    reading = read_form(path, today())
    if reading.form is None:
        report = defect_report(reading, path)
        if arguments.json:
            print(to_json([report.as_record()]))
        else:
            print("\n".join(as_text([report], say.language)))
        return _FAILED
    evaluation, target = evaluate(reading.form), cloud_target(load_catalog())
    origin = Origin(path.name, reading.sha256, today())
    if arguments.json:
        print(to_json(to_record(evaluation, target, origin, reading.examples)))
    else:
        _print_lines(SavingsText(evaluation, target, reading.examples, say).lines())
    if arguments.observations:
        write_observations(Path(arguments.observations), evaluation, origin)
        print(say("observations_written", path=arguments.observations), file=sys.stderr)
    return _OK


def fetch(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Acquire the files of the named sources, or of all."""
    from cli.progress import Display
    from pipelines.acquire.fetch import acquire
    from pipelines.acquire.web_source import web_source
    from pipelines.catalog.loader import load_catalog
    from pipelines.lock import writing
    from pipelines.progress import report as report_step

    catalog = load_catalog()
    names = arguments.sources or list(catalog.sources)
    _check_known(names, list(catalog.sources), say)
    failures = 0
    origin = origin_of(arguments, say)
    with writing(home, wait_of(arguments, say), lambda: tell_waiting(home, say)):
        web = None if origin or is_offline() else web_source(home)
        for name in names:
            with Display(say, quiet=True).shown():
                report_step("acquire", detail=name)
                snapshots, defects = acquire(catalog.sources[name], home, origin, web)
            failures += len(defects)
            print(say("fetched", source=name, files=len(snapshots)))
            for defect in defects:
                print(say("source_failed", detail=defect.message(say.language)), file=sys.stderr)
    return _FAILED if failures else _OK


def origin_of(arguments: Namespace, say: Speaker) -> Path | None:
    """Return the origin folder; raise UsageError when it does not exist."""
    folder = arguments.origin or default_origin()
    if not folder:
        return None
    origin = Path(folder).expanduser().resolve()
    if not origin.is_dir():
        raise UsageError(say("no_origin", path=origin))
    return origin


def _full_of(arguments: Namespace, say: Speaker) -> Full | None:
    """Return what is to be read again although it has not changed; raise UsageError for what is not known."""
    from cli.run import Full

    if not arguments.full:
        if arguments.source or arguments.period:
            raise UsageError(say("only_with_full"))
        return None
    if arguments.source:
        from pipelines.catalog.loader import load_catalog

        _check_known(arguments.source, list(load_catalog().sources), say)
    if arguments.period:
        from pipelines.land.backfill import WrongYearsError, Years

        try:
            Years.parse(arguments.period)
        except WrongYearsError as error:
            raise UsageError(say("bad_period", text=error)) from error
    return Full(tuple(arguments.source), arguments.period or "")


def _accepted(arguments: Namespace, say: Speaker) -> list[str]:
    """Return the suites of the gate whose findings are known to be right; raise UsageError for one that has no say."""
    names: list[str] = arguments.accept
    if names:
        from pipelines.quality.gate import comparing_suites

        known = comparing_suites()
        if unknown := [name for name in names if name not in known]:
            raise UsageError(say("unknown_suite", text=", ".join(unknown), known=", ".join(known)))
    return names


def _check_known(names: list[str], known: list[str], say: Speaker) -> None:
    if unknown := [name for name in names if name not in known]:
        raise UsageError(say("unknown_source", text=", ".join(unknown), known=", ".join(known)))


def run(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Acquire, check, build and publish; then print the scorecard."""
    from cli.notify import check_config, tell_after_run
    from cli.run import RunFailedError, run_warehouse
    from cli.storage import trouble_line
    from pipelines.files import StorageError
    from pipelines.publish.runs import new_run_id

    check_config(home, arguments.config, say)
    if arguments.config:
        # The steps of the run read the same file.
        os.environ["MIERUKA_CONFIG"] = str(Path(arguments.config).resolve())
    full, wait, accept = _full_of(arguments, say), wait_of(arguments, say), _accepted(arguments, say)
    started, clock = now(), time.monotonic()
    try:
        outcome = run_warehouse(
            home,
            say,
            origin_of(arguments, say),
            started=started,
            full=full,
            offline=arguments.offline,
            wait=wait,
            accept=accept,
        )
    except Exception as error:
        is_plain = isinstance(error, RunFailedError | StorageError)
        if is_plain:
            print(say("run_failed"), file=sys.stderr)
            print(trouble_line(error, home, say) or error, file=sys.stderr)
        if _is_told(error, arguments):
            tell_after_run(home, arguments.config, say, error, new_run_id(started))
        if not is_plain:
            raise
        return _FAILED
    seconds = time.monotonic() - clock
    arguments.as_of, arguments.json = None, False
    code = status(arguments, home, say)
    print()
    outcome.tell(say, home, seconds)
    tell_after_run(home, arguments.config, say)
    return code


def _is_told(error: Exception, arguments: Namespace) -> bool:
    """Return whether a run that ended by an error is told: not where a person sits before it who has to act at once."""
    if isinstance(error, HomeBusyError):
        return arguments.wait is not None
    if isinstance(error, UsageError):
        # The folder that MIERUKA_ORIGIN names is gone.
        return not arguments.origin
    return True


def config(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Show the configuration of notifications, print an empty one, or try its receivers."""
    from cli.notify import config_lines, template, try_receivers

    if arguments.template:
        print(template(), end="")
        return _OK
    if arguments.trial:
        return _OK if try_receivers(home, arguments.config, say) else _FAILED
    for line in config_lines(home, arguments.config, say):
        print(line)
    return _OK


def report(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Write the web pages; exit 2 when the folder holds something else or the contact is no address."""
    from cli.export import base_url_of
    from cli.progress import Display
    from cli.report import write_pages
    from pipelines.pages.site import NotOurFolderError
    from pipelines.quality.data_docs import FOLDER, DataDocsError

    contact = arguments.contact or os.environ.get("MIERUKA_CONTACT", "")
    if contact and not re.fullmatch(r"https://\S+|[^\s@:?&]+@[^\s@:?&]+", contact):
        raise UsageError(say("bad_contact", text=contact))
    base_url = base_url_of(arguments, say)
    folder = Path(arguments.to) if arguments.to else None
    try:
        with Display(say, quiet=True).shown():
            made = write_pages(
                home,
                folder,
                contact,
                base_url,
                only_pages=arguments.only_pages,
                data_docs=arguments.data_docs,
            )
    except NotOurFolderError as error:
        raise UsageError(say("not_our_folder", path=error)) from error
    except DataDocsError as error:
        print(say("data_docs_outside", address=error), file=sys.stderr)
        return _FAILED
    if arguments.data_docs and not (made.folder / FOLDER / "index.html").is_file():
        print(say("data_docs_none"), file=sys.stderr)
    print(
        say("pages_written", path=made.folder / "index.html", pages=made.pages, files=made.files,
            size=made.size / 1_000_000, seconds=made.seconds)
    )  # fmt: skip
    return _OK


def versions(arguments: Namespace, home: Home, say: Speaker) -> int:
    """List the versions kept; the published one is marked."""
    from cli.tables import write_table
    from cli.versions import list_versions, version_table

    listed = list_versions(home)
    if arguments.json:
        print(to_json(listed))
    elif listed:
        write_table(*version_table(listed, say), sys.stdout)
    else:
        print(say("no_versions"))
    return _OK


def diff(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Print what differs between two versions or published files."""
    import duckdb

    from cli.versions import compared, difference_lines

    try:
        with compared(home, arguments.old, arguments.new, say) as report:
            if arguments.json:
                sys.stdout.writelines(report.json_parts())
            else:
                for line in difference_lines(report, say):
                    print(line)
    except duckdb.Error as error:
        print(say("unreadable_version", detail=str(error).splitlines()[0]), file=sys.stderr)
        return _FAILED
    return _OK


def rollback(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Publish an earlier version again."""
    from cli.versions import VersionError, roll_back_to

    try:
        version = roll_back_to(home, arguments.version, say)
    except VersionError as error:
        print(error, file=sys.stderr)
        return _FAILED
    print(say("rolled_back", version=version, path=home.published_database))
    print(say("rollback_holds"))
    return _OK


def rebuild(arguments: Namespace, home: Home, say: Speaker) -> int:
    """Build a version again from its manifest; exit 1 when it cannot be built or comes out otherwise."""
    from dataclasses import asdict

    from cli.versions import VersionError, rebuild_into, rebuild_lines

    try:
        made = rebuild_into(home, arguments.version, Path(arguments.to), say, force=arguments.force)
    except VersionError as error:
        print(error, file=sys.stderr)
        return _FAILED
    if arguments.json:
        print(to_json({"is_equal": made.is_equal, **asdict(made)}))
    else:
        for line in rebuild_lines(made, say):
            print(line)
    return _OK if made.is_equal else _FAILED
