"""Completion in bash, zsh and fish: the shell asks this program, which knows its commands and what is published."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from cli.parser import commands_of
from pipelines.settings import Home

SHELLS = ("bash", "zsh", "fish")
Completer = Callable[..., dict[str, str] | list[str]]


def shell_code(shell: str) -> str:
    """Return what a shell has to read so that it asks this program."""
    from argcomplete.shell_integration import shellcode

    code: str = shellcode(["mieruka"], shell=shell)
    return code


def _published(query: str) -> Completer:
    """Return a completer that offers the first column of a query, the second as its explanation."""

    def offer(parsed_args: argparse.Namespace, **_: Any) -> dict[str, str]:
        from cli.reader import NotPublishedError, open_published

        try:
            with open_published(Home.resolve(getattr(parsed_args, "home", None))) as connection:
                return {row[0]: row[1] for row in connection.execute(query).fetchall()}
        except NotPublishedError:
            return {}

    return offer


def _sources(**_: Any) -> list[str]:
    from pipelines.notify.config import known_sources

    return sorted(known_sources())


def _versions(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from cli.versions import list_versions

    home = Home.resolve(getattr(parsed_args, "home", None))
    return ["latest", "previous", *(entry["version"] for entry in list_versions(home))]


def _formats(**_: Any) -> list[str]:
    from cli.export import API
    from pipelines.export.run import FORMATS

    return [*FORMATS, API]


_COMPLETERS: dict[str, Completer] = {
    "kpi": _published(
        "select kpi_id, name_ja from dim_kpi union all select measure_id, name_ja from dim_measure "
        "where measure_id not in (select kpi_id from dim_kpi)"
    ),
    "area": _published("select area_code, name_ja from dim_area_current where area_type <> 'district'"),
    "prefecture": _published(
        "select area_code, name_ja from dim_area_current where area_type = 'prefecture'"
    ),
    "item": _published("select item_id, name_ja from dim_item"),
    "table": _published(
        "select table_name, comment from (select schema_name, table_name, comment from duckdb_tables() "
        "union all select schema_name, view_name, comment from duckdb_views()) where schema_name = 'marts'"
    ),
    "format": _formats,
    "source": _sources,
    "sources": _sources,
    "version": _versions,
    "old": _versions,
    "new": _versions,
}


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks, and end; do nothing when none does."""
    import argcomplete

    for _, command in commands_of(parser):
        for action in command._actions:
            if action.dest in _COMPLETERS and action.choices is None:
                action.completer = _COMPLETERS[action.dest]  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)
