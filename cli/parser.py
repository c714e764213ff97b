"""The parser of arguments: its help and its errors in the user's language, full-width characters counted as two."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NoReturn

from cli.messages import Speaker

_USAGE = 2
# How argparse says what is wrong, and the message that says it in both languages.
_ERRORS = (
    (re.compile(r"the following arguments are required: (?P<names>.+)"), "arguments_missing"),
    (re.compile(r"unrecognized arguments: (?P<names>.+)"), "arguments_unknown"),
    (re.compile(r"argument (?P<name>.+?): expected (?:one|at least one) argument"), "argument_empty"),
    (re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)"), "arguments_exclusive"),
    (
        re.compile(
            r"argument (?P<name>.+?): invalid choice: '?(?P<text>.*?)'? \(choose from (?P<known>.+)\)"
        ),
        "argument_choice",
    ),
)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def wrapped(text: str, columns: int) -> list[str]:
    """Return a text in lines of a width: broken at spaces, and between any two full-width characters."""
    pieces = re.findall(r"[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+|\s+", text.strip())
    lines = [""]
    for piece in pieces:
        # A full stop or closing bracket never begins a line.
        if width(lines[-1] + piece) > columns and piece not in "、。）」・":
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


class HelpFormatter(argparse.HelpFormatter):
    """Help in which Japanese lines keep within the terminal; the examples at the end keep their lines."""

    speaker = Speaker("ja")

    def __init__(self, prog: str, **settings: int) -> None:
        heading = self.speaker("usage_heading")
        # argparse counts the letters of the heading, not their width.
        settings.setdefault("width", shutil.get_terminal_size().columns - 2 - width(heading) + len(heading))
        super().__init__(prog, **settings)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            indent + part
            for line in text.splitlines()
            for part in ([line] if "  " in line else wrapped(line, width))
        )

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Write the usage with its heading in the user's language."""
        super().add_usage(usage, actions, groups, self.speaker("usage_heading") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one clear line in the user's language."""

    speaker = Speaker("ja")

    def __init__(self, *, add_help: bool = True, **settings: object) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        super().__init__(add_help=False, **settings)  # type: ignore[arg-type]
        # A parser that others take their options from keeps the titles by which these find the group.
        if add_help:
            self._positionals.title = self.speaker("arguments_heading")
            self._optionals.title = self.speaker("options_heading")
            self.add_argument("-h", "--help", action="help", help=self.speaker("help_help"))

    @classmethod
    def speak(cls, say: Speaker) -> None:
        """Set the language of every parser made from now on."""
        cls.speaker = HelpFormatter.speaker = say

    def error(self, message: str) -> NoReturn:
        """Print the error and exit with code 2."""
        print(self.speaker("usage_error", detail=_translated(message, self.speaker)), file=sys.stderr)
        raise SystemExit(_USAGE)


def _translated(message: str, say: Speaker) -> str:
    for pattern, key in _ERRORS:
        if found := pattern.fullmatch(message):
            return say(key, **found.groupdict())
    return message


def commands_of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the commands of a parser with their own parsers."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()
