"""The command line: `mieruka COMMAND`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

from cli.completion import SHELLS
from cli.examples import epilog
from cli.messages import Speaker, default_language
from cli.parser import Parser
from cli.tables import FORMATS
from pipelines.languages import LANGUAGES
from pipelines.settings import Home

_FAILED, _USAGE = 1, 2
Command = Callable[[argparse.Namespace, Home, Speaker], int]


def _language(arguments: Sequence[str]) -> str:
    """Return the language asked for, before anything is parsed, so that usage errors are in it too."""
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments) and arguments[index + 1] in LANGUAGES:
            return arguments[index + 1]
        if argument.startswith("--lang=") and argument[7:] in LANGUAGES:
            return argument[7:]
    return default_language()


def _common(say: Speaker) -> Parser:
    parser = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--lang", choices=LANGUAGES, help=say("help_lang"))
    parser.add_argument("--home", metavar="DIR", help=say("help_home"))
    return parser


def build_parser(say: Speaker) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    Parser.speak(say)
    common = _common(say)
    parser = Parser(prog="mieruka", description=say("description"), parents=[common])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def add(name: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=say(f"help_{name}"),
            description=say(f"help_{name}"),
            epilog=epilog(name, say),
            parents=[common],
        )

    run = add("run")
    run.add_argument("--origin", metavar="DIR", help=say("help_origin"))
    run.add_argument("--offline", action="store_true", help=say("help_offline"))
    run.add_argument("--full", action="store_true", help=say("help_full"))
    run.add_argument("--source", action="append", default=[], metavar="ID", help=say("help_full_source"))
    run.add_argument("--period", metavar="FY2015..FY2020", help=say("help_period"))
    run.add_argument("--wait", nargs="?", const="", metavar="SECONDS", help=say("help_wait"))
    run.add_argument("--accept", action="append", default=[], metavar="SUITE", help=say("help_accept"))
    run.add_argument("--config", metavar="FILE", help=say("help_config_file"))

    fetch = add("fetch")
    fetch.add_argument("sources", nargs="*", metavar="SOURCE", help=say("help_source"))
    fetch.add_argument("--origin", metavar="DIR", help=say("help_origin"))
    fetch.add_argument("--wait", nargs="?", const="", metavar="SECONDS", help=say("help_wait"))

    status = add("status")
    status.add_argument("--as-of", metavar="DATE", help=say("help_as_of"))
    status.add_argument("--json", action="store_true", help=say("help_json"))

    explain = add("explain")
    explain.add_argument("kpi", metavar="KPI_ID", help=say("help_kpi"))
    explain.add_argument("--area", metavar="CODE", default="000000", help=say("help_area"))
    explain.add_argument("--as-of", metavar="DATE", help=say("help_as_of"))
    explain.add_argument("--json", action="store_true", help=say("help_json"))

    sources = add("sources")
    sources.add_argument("sources", nargs="*", metavar="SOURCE", help=say("help_source"))
    sources.add_argument("--json", action="store_true", help=say("help_json"))

    check = add("check")
    check.add_argument("files", nargs="+", metavar="FILE", help=say("help_file"))
    check.add_argument("--source", metavar="ID", help=say("help_source"))
    check.add_argument("--json", action="store_true", help=say("help_json"))
    check.add_argument("--html", metavar="PAGE", help=say("help_html"))

    savings = add("savings")
    savings.add_argument("file", nargs="?", metavar="FILE", help=say("help_form"))
    savings.add_argument("--template", metavar="FILE", help=say("help_template"))
    savings.add_argument("--observations", metavar="OUT.csv", help=say("help_observations"))
    savings.add_argument("--json", action="store_true", help=say("help_json"))

    register = add("register")
    register.add_argument("file", metavar="FILE", help=say("help_register_file"))
    register.add_argument("--area", metavar="CODE", help=say("help_register_area"))
    register.add_argument("--year", type=int, metavar="YEAR", help=say("help_register_year"))
    register.add_argument("--unit", choices=("yen", "thousand", "million"), help=say("help_register_unit"))
    register.add_argument("--json", action="store_true", help=say("help_json"))

    config = add("config")
    config.add_argument("--config", metavar="FILE", help=say("help_config_file"))
    choice = config.add_mutually_exclusive_group()
    choice.add_argument("--template", action="store_true", help=say("help_config_template"))
    choice.add_argument("--trial", action="store_true", help=say("help_config_trial"))

    report = add("report")
    report.add_argument("--to", metavar="DIR", help=say("help_report_to"))
    report.add_argument("--contact", metavar="ADDRESS", help=say("help_contact"))
    report.add_argument("--base-url", metavar="URL", help=say("help_base_url"))
    report.add_argument("--only-pages", action="store_true", help=say("help_only_pages"))
    report.add_argument("--data-docs", action="store_true", help=say("help_data_docs"))
    report.add_argument("--offline", action="store_true", help=say("help_report_offline"))

    versions = add("versions")
    versions.add_argument("--json", action="store_true", help=say("help_json"))

    diff = add("diff")
    diff.add_argument("old", metavar="OLD", help=say("help_version_or_file"))
    diff.add_argument("new", metavar="NEW", help=say("help_version_or_file"))
    diff.add_argument("--json", action="store_true", help=say("help_json"))

    rollback = add("rollback")
    rollback.add_argument(
        "version", nargs="?", default="previous", metavar="VERSION", help=say("help_version")
    )

    rebuild = add("rebuild")
    rebuild.add_argument("version", metavar="VERSION", help=say("help_version_or_manifest"))
    rebuild.add_argument("--to", required=True, metavar="DIR", help=say("help_rebuild_to"))
    rebuild.add_argument("--force", action="store_true", help=say("help_rebuild_force"))
    rebuild.add_argument("--json", action="store_true", help=say("help_json"))

    sql = add("sql")
    sql.add_argument("query", nargs="?", metavar="QUERY", help=say("help_query"))
    sql.add_argument("--file", metavar="FILE", help=say("help_query_file"))
    form = sql.add_mutually_exclusive_group()
    form.add_argument("--format", choices=FORMATS, default="table", help=say("help_format"))
    form.add_argument("--json", action="store_true", help=say("help_json"))
    form.add_argument("--csv", action="store_true", help=say("help_csv"))
    sql.add_argument("--limit", metavar="ROWS", help=say("help_limit"))

    completion = add("completion")
    completion.add_argument("shell", choices=SHELLS, help=say("help_shell"))

    export = add("export")
    export.add_argument("--to", required=True, metavar="DIR", help=say("help_export_to"))
    export.add_argument("--format", metavar="parquet,csv,xlsx,api", help=say("help_export_format"))
    export.add_argument("--table", action="append", default=[], metavar="NAME", help=say("help_export_table"))
    export.add_argument("--area", action="append", default=[], metavar="CODE", help=say("help_export_area"))
    export.add_argument(
        "--prefecture", action="append", default=[], metavar="CODE", help=say("help_export_prefecture")
    )
    export.add_argument("--item", action="append", default=[], metavar="ID", help=say("help_export_item"))
    export.add_argument("--years", metavar="FY2015..FY2020", help=say("help_export_years"))
    export.add_argument("--base-url", metavar="URL", help=say("help_base_url"))

    lake = add("lake")
    lake.add_argument(
        "action", choices=("load", "build", "sql"), metavar="load|build|sql", help=say("help_lake_action")
    )
    lake.add_argument("query", nargs="?", metavar="QUERY", help=say("help_query"))
    lake.add_argument("--from", dest="source", metavar="DIR", help=say("help_lake_from"))
    lake.add_argument("--as-of", metavar="DATE", help=say("help_lake_as_of"))
    lake.add_argument("--format", choices=FORMATS, default="table", help=say("help_format"))

    serve = add("serve")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=say("help_serve_host"))
    serve.add_argument("--port", default="9494", metavar="PORT", help=say("help_serve_port"))
    serve.add_argument("--token-file", metavar="FILE", help=say("help_serve_token"))
    serve.add_argument("--allow-remote", action="store_true", help=say("help_serve_remote"))
    serve.add_argument("--memory", default="1024", metavar="MIB", help=say("help_serve_memory"))
    serve.add_argument("--threads", default="2", metavar="N", help=say("help_serve_threads"))
    serve.add_argument("--seconds", default="60", metavar="N", help=say("help_serve_seconds"))
    return parser


def _run_command(arguments: argparse.Namespace, say: Speaker) -> int:
    from cli import commands
    from cli.troubles import line_of
    from cli.usage import UsageError

    command: Command = getattr(commands, arguments.command)
    home = Home.resolve(getattr(arguments, "home", None))
    try:
        return command(arguments, home, say)
    except BrokenPipeError:
        raise
    except Exception as error:
        line = line_of(error, home, say)
        if line is None:
            raise
        print(line, file=sys.stderr)
        return _USAGE if isinstance(error, UsageError) else _FAILED


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 used wrongly."""
    given = list(sys.argv[1:] if argv is None else argv)
    say = Speaker(_language(given))
    parser = build_parser(say)
    if "_ARGCOMPLETE" in os.environ:
        from cli.completion import complete

        complete(parser)
    arguments = parser.parse_args(given)
    try:
        return _run_command(arguments, say)
    except BrokenPipeError:
        # The reader (`head`, say) has gone: what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def console() -> int:
    """Run the command of this process and return its exit code."""
    code = main()
    # Python would look for cycles among millions of objects once more before it ends, for seconds.
    gc.freeze()
    return code


if __name__ == "__main__":
    raise SystemExit(console())
