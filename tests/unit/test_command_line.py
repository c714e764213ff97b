"""The command line before any command runs: help, errors, completion, and how rows are written."""

from __future__ import annotations

import io
import os
import pty
import shlex
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from rich.cells import cell_len

from cli import commands
from cli.completion import SHELLS, shell_code
from cli.examples import EXAMPLES
from cli.main import build_parser, main
from cli.messages import LANGUAGES, Speaker
from cli.parser import commands_of, width, wrapped
from cli.tables import FORMATS, Columns, write

NAMES = [name for name, _ in commands_of(build_parser(Speaker("ja")))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_help_has_examples_and_keeps_within_the_terminal(
    name: str, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([name, "--help", "--lang", language])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    heading = {"ja": "例:", "en": "examples:"}[language]
    shown = text.partition(f"\n{heading}\n")[0]
    assert shown != text
    assert [line for line in shown.splitlines() if width(line) > 80] == []
    if language == "en":
        assert text.isascii()
    else:
        assert "usage:" not in text
        assert "show this help" not in text


def test_every_command_has_a_function_and_examples() -> None:
    assert set(NAMES) == set(EXAMPLES)
    assert [name for name in NAMES if not callable(getattr(commands, name, None))] == []


@pytest.mark.parametrize("typed", [typed for lines in EXAMPLES.values() for typed, _, _ in lines])
def test_examples_are_taken_by_the_parser(typed: str) -> None:
    words = shlex.split(typed.removeprefix('eval "$(').removesuffix(')"').partition(" > ")[0])
    assert words[0] == "mieruka"
    assert build_parser(Speaker("ja")).parse_args(words[1:]).command == words[1]


@pytest.mark.parametrize(
    ("arguments", "ja", "en"),
    [
        (["explain"], "足りない引数: KPI_ID", "missing: KPI_ID"),
        (["status", "--wrong"], "知らない引数: --wrong", "unknown: --wrong"),
        (["status", "--as-of"], "--as-of に値がありません", "--as-of needs a value"),
        (["sql", "--csv", "--json", "x"], "一緒に使えません", "does not go with"),
        (["completion", "tcsh"], "'bash', 'zsh', 'fish'", "it is one of 'bash'"),
    ],
)
def test_errors_of_usage_are_one_line_in_the_users_language(
    arguments: list[str], ja: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, words in (("ja", ja), ("en", en)):
        with pytest.raises(SystemExit) as ended:
            main(
                [*arguments, "--lang", language]
                if arguments[-1] != "--as-of"
                else ["--lang", language, *arguments]
            )
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1


def test_japanese_is_wrapped_by_its_width() -> None:
    lines = wrapped("公開された倉庫に読み取り専用で問い合わせる。SELECT だけができる", 20)
    assert [width(line) for line in lines][:1] == [20]
    assert max(width(line) for line in lines) <= 22
    assert "".join(lines).replace(" ", "") == "公開された倉庫に読み取り専用で問い合わせる。SELECTだけができる"
    assert not any(line.startswith("。") for line in lines)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_is_told_whom_to_ask(shell: str) -> None:
    code = shell_code(shell)
    assert "mieruka" in code
    assert "_ARGCOMPLETE" in code


def completed(line: str) -> list[str]:
    """Return what a shell would offer for a line."""
    environment = {
        **os.environ, "_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": "bash", "COMP_TYPE": "9", "COMP_LINE": line,
        "COMP_POINT": str(len(line)), "IFS": "\013",
    }  # fmt: skip
    shell = f"{shlex.quote(sys.executable)} -m cli.main 8>&1 9>/dev/null 1>/dev/null"
    result = subprocess.run(
        ["bash", "-c", f"exec 3>&1; {shell.replace('8>&1', '8>&3')}"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [entry.strip() for entry in result.stdout.split("\013") if entry.strip()]


def test_commands_and_sources_are_completed() -> None:
    assert completed("mieruka ro") == ["rollback"]
    assert completed("mieruka sql --format mark") == ["markdown"]
    assert "soumu__fiscal_indices" in completed("mieruka fetch soumu__f")
    assert completed("mieruka export --format par") == ["parquet"]
    assert completed("mieruka report --only") == ["--only-pages"]
    assert completed("mieruka --home /nowhere explain clo") == []


# Rows.

COLUMNS = Columns.of(["団体", "value", "value"])
ROWS = [
    ("島根県", Decimal("79.5000000000"), date(2024, 3, 31)),
    ("Oki | \x1b[31mred\nline", None, [1, 2]),
]


def written(form: str) -> str:
    out = io.StringIO()
    write(form, COLUMNS, ROWS, out)
    return out.getvalue()


def test_columns_of_one_name_are_both_kept() -> None:
    assert COLUMNS.names == ("団体", "value", "value_2")


def test_csv_has_its_header_even_without_rows() -> None:
    out = io.StringIO()
    write("csv", COLUMNS, [], out)
    assert out.getvalue() == "団体,value,value_2\n"
    assert written("csv").splitlines()[1] == "島根県,79.5,2024-03-31"


def test_json_is_a_list_of_objects() -> None:
    import json

    assert json.loads(written("json")) == [
        {"団体": "島根県", "value": 79.5, "value_2": "2024-03-31"},
        {"団体": "Oki | \x1b[31mred\nline", "value": None, "value_2": [1, 2]},
    ]


def test_markdown_escapes_its_rules() -> None:
    lines = written("markdown").splitlines()
    assert lines[1] == "| --- | ---: | --- |"
    assert lines[3] == "| Oki \\|  [31mred line |  | 1, 2 |"


@pytest.mark.parametrize("form", ["table", "records", "markdown"])
def test_a_publishers_text_cannot_move_the_cursor(form: str) -> None:
    assert "\x1b" not in written(form)


def test_a_table_for_a_pipe_is_aligned_by_width_and_plain() -> None:
    lines = written("table").splitlines()
    assert len(lines) == 3
    # The numbers end in the same column of the terminal.
    ends = [
        cell_len(lines[0].partition("value")[0] + "value"),
        cell_len(lines[1].partition("79.5")[0] + "79.5"),
    ]
    assert ends[0] == ends[1]
    assert not any(letter in "".join(lines) for letter in "│─┌")


def on_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is written to a terminal of a width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as out:
        write("table", COLUMNS, ROWS, out)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    return text


def test_a_terminal_gets_rules_and_a_narrow_one_records(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "─" in on_terminal(80, monkeypatch)
    narrow = on_terminal(20, monkeypatch)
    assert "─" not in narrow
    assert "[1]" in narrow


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in on_terminal(80, monkeypatch)


def test_formats_are_those_that_can_be_written() -> None:
    for form in FORMATS:
        assert written(form)
