"""The command line: `mieruka COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from cli.messages import LANGUAGES, Speaker, default_language
from pipelines.settings import Home

_USAGE = 2
Command = Callable[[argparse.Namespace, Home, Speaker], int]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one clear line in the user's language."""

    speaker = Speaker("ja")

    def error(self, message: str) -> NoReturn:
        """Print the error and exit with code 2."""
        print(self.speaker("usage_error", detail=message), file=sys.stderr)
        raise SystemExit(_USAGE)


def _language(arguments: Sequence[str]) -> str:
    """Return the language asked for, before anything is parsed, so that usage errors are in it too."""
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments) and arguments[index + 1] in LANGUAGES:
            return arguments[index + 1]
        if argument.startswith("--lang=") and argument[7:] in LANGUAGES:
            return argument[7:]
    return default_language()


def _common(say: Speaker) -> _Parser:
    parser = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--lang", choices=LANGUAGES, help=say("help_lang"))
    parser.add_argument("--home", metavar="DIR", help=say("help_home"))
    return parser


def build_parser(say: Speaker) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    _Parser.speaker = say
    common = _common(say)
    parser = _Parser(prog="mieruka", description=say("description"), parents=[common])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name, help=say(f"help_{name}"), description=say(f"help_{name}"), parents=[common]
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

    config = add("config")
    config.add_argument("--config", metavar="FILE", help=say("help_config_file"))
    choice = config.add_mutually_exclusive_group()
    choice.add_argument("--template", action="store_true", help=say("help_config_template"))
    choice.add_argument("--trial", action="store_true", help=say("help_config_trial"))

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
    sql.add_argument("query", metavar="QUERY", help=say("help_query"))
    sql.add_argument("--json", action="store_true", help=say("help_json"))
    sql.add_argument("--csv", action="store_true", help=say("help_csv"))
    return parser


def _run_command(arguments: argparse.Namespace, say: Speaker) -> int:
    from cli import commands
    from cli.reader import NotPublishedError
    from cli.storage import trouble_line
    from cli.usage import UsageError
    from pipelines.catalog.errors import SourceDescriptionError
    from pipelines.lock import HomeBusyError, holder_of

    command: Command = getattr(commands, arguments.command)
    home = Home.resolve(getattr(arguments, "home", None))
    try:
        return command(arguments, home, say)
    except UsageError as error:
        print(error, file=sys.stderr)
        return _USAGE
    except NotPublishedError as error:
        print(say("not_published", path=error), file=sys.stderr)
    except HomeBusyError as error:
        print(say("busy", path=error, holder=holder_of(home)), file=sys.stderr)
    except SourceDescriptionError as error:
        print(say("description_error", detail=error), file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(trouble_line(error, home, say) or say("unwritable", detail=error), file=sys.stderr)
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 used wrongly."""
    given = list(sys.argv[1:] if argv is None else argv)
    say = Speaker(_language(given))
    arguments = build_parser(say).parse_args(given)
    try:
        return _run_command(arguments, say)
    except BrokenPipeError:
        # The reader (`head`, say) has gone: what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
