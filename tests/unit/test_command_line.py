"""The command line before any command runs: help, errors, completion, and how rows are written."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
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
from cli.progress import Display
from cli.sources import list_sources, source_table
from cli.tables import FORMATS, Cells, Columns, Marked, write
from pipelines.progress import report
from pipelines.settings import PROJECT_ROOT, SOURCES_DIR, Home

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


def shown_on(terminal: int) -> str:
    """Return all that was written to a terminal whose other side is closed, and close it."""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        shown = b""
        # One read may give a part only, and a terminal ends with an error of input on Linux, with no bytes elsewhere.
        with contextlib.suppress(OSError):
            while part := screen.read(65536):
                shown += part
    return shown.decode()


def on_terminal(
    wide: int, monkeypatch: pytest.MonkeyPatch, columns: Columns = COLUMNS, rows: Sequence[Cells] = ROWS
) -> str:
    """Return what is written to a terminal of a width."""
    monkeypatch.setenv("COLUMNS", str(wide))
    monkeypatch.setenv("TERM", "xterm-256color")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as out:
        write("table", columns, rows, out)
    return shown_on(ours)


def test_a_terminal_gets_rules_and_a_narrow_one_records(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "─" in on_terminal(80, monkeypatch)
    narrow = on_terminal(20, monkeypatch)
    assert "─" not in narrow
    assert "[1]" in narrow


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in on_terminal(80, monkeypatch)


def test_what_stands_out_does_so_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(Marked("遅れ", "red"), 3)]
    columns = Columns.of(["鮮度", "不備"])
    assert "\x1b[31m遅れ" in on_terminal(80, monkeypatch, columns, rows)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in on_terminal(80, monkeypatch, columns, rows)
    out = io.StringIO()
    write("table", columns, rows, out)
    assert out.getvalue() == "鮮度  不備\n遅れ     3\n"


def test_full_width_letters_keep_the_columns_of_a_terminal_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    columns = Columns.of(["公表主体", "利用条件", "周期"])
    rows = [("地方公共団体情報システム機構", "事実の引用（数値ごとに出典を明記）", "不定期")] * 3
    for wide in (30, 40, 60, 100):
        shown = re.sub(r"\x1b\[[0-9;]*m|\r", "", on_terminal(wide, monkeypatch, columns, rows))
        lines = shown.splitlines()
        assert max(cell_len(line) for line in lines) <= wide
    assert sum("不定期" in line for line in lines) == 3


def test_ids_are_never_broken_over_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("soumu__public_accounting_indicators", "統一的な基準による財務書類に関する情報（指標一覧）")]
    columns = Columns.of(["データ源", "題名"], whole=1)
    assert "soumu__public_accounting_indicators" in on_terminal(50, monkeypatch, columns, rows)


def test_records_have_their_values_in_one_column() -> None:
    out = io.StringIO()
    write("records", Columns.of(["鮮度", "value"]), [("最新", 1)], out)
    first, second = out.getvalue().splitlines()[1:]
    assert cell_len(first.partition("最新")[0]) == cell_len(second.partition("1")[0])


@pytest.mark.parametrize("wide", [None, 200, 80])
def test_sources_leave_out_on_a_narrow_terminal_what_is_said_in_full_elsewhere(
    home: Home, wide: int | None
) -> None:
    columns, rows = source_table(list_sources(home), Speaker("ja"), wide)
    assert ("利用条件" in columns.names) == (wide != 80)
    assert {len(row) for row in rows} == {len(columns.names)}
    assert len(rows) == len(list(SOURCES_DIR.glob("[!_]*/source.yml")))


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_is_no_noise_where_nobody_looks(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with Display(Speaker("ja"), quiet=quiet).shown():
        report("pages", 0, 2, "北海道")
        report("pages", 1, 2, "[bold]青森県")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "" if quiet else "- ページ\n")


def test_progress_moves_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as out:
        monkeypatch.setattr("sys.stderr", out)
        with Display(Speaker("en"), quiet=True).shown():
            report("export", 1, 2, "csv/[red]names.csv")
    shown = shown_on(ours)
    assert "export" in shown
    assert "csv/[red]names.csv" in shown
    assert shown.endswith(("\x1b[?25h", "\x1b[2K"))


def test_every_step_has_a_name_in_both_languages() -> None:
    steps = {
        found
        for folder in ("pipelines", "assets", "cli")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        for found in re.findall(
            r'\b(?:report|progress|report_step)\("([a-z]+)"', path.read_text(encoding="utf-8")
        )
    }
    assert steps >= {"acquire", "land", "build", "gate", "publish", "export", "pages", "check"}
    for language in LANGUAGES:
        assert [step for step in steps if not Speaker(language)(f"step_{step}")] == []


def test_formats_are_those_that_can_be_written() -> None:
    for form in FORMATS:
        assert written(form)
