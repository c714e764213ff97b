"""What the documents tell a reader to type is typed here, on a published warehouse, and answers as they show."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pytest

from cli.main import build_parser, main
from cli.messages import Speaker
from pipelines.catalog.loader import load_catalog
from pipelines.settings import PROJECT_ROOT, SOURCES_DIR
from tests.documents import (
    SHELLS,
    Block,
    Typed,
    anchors_of,
    as_pattern,
    blocks_of,
    documents,
    links_of,
    name_of,
    spoken_in,
    typed_in,
)

DOCUMENTS = documents()
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]
TYPED = [typed for block in BLOCKS if block.language in SHELLS for typed in typed_in(block)]

# The beginnings of commands that are not typed here, and why. Every one of them must occur.
_SERVICE = "changes the system it is typed on"
_ENGINE = "needs a container engine"
_REQUEST = "a test on request, which the document tells to start"
_INSTALLS = "installs packages"
_WHOLE_RUN = "a whole run: the warehouse of these tests is made by one"
NOT_TYPED = {
    "make run": _WHOLE_RUN,
    "make test": "these tests",
    "make check": "of the code, not of the warehouse",
    "make ": "long or on request; tests/integration/test_deployment.py reads the steps",
    "mieruka run": "a whole run: test_runs.py, test_backfill_command.py, test_versions.py",
    "mieruka serve": "never ends: tests/integration/test_serve.py",
    "mieruka config --trial": "sends: tests/integration/test_notify_delivery.py",
    "mieruka diff previous": "needs two versions: test_versions.py",
    "mieruka check DIR": "the source and its files are the reader's own",
    "mieruka check 公表前の一覧.xlsx": "the file is the reader's own",
    "source .venv/bin/activate": "of the shell: `mieruka` is called here without it",
    "export MIERUKA_LANG=en": "of the shell: the language of an English page is English here",
    "mieruka check library_loans_": "the source is invented: it is added below, and its files are checked",
    "sudo ": _SERVICE,
    "systemctl ": _SERVICE,
    "journalctl ": _SERVICE,
    "podman ": _ENGINE,
    "docs/deployment/install_offline.sh": "make airgap-test",
    "pip install": _INSTALLS,
    "uv ": _INSTALLS,
    "npm i": _INSTALLS,
    "npx esbuild": "needs packages of npm",
    "printf ": "a part of the recipe of npm",
    "python3 -m venv": _INSTALLS,
    "duckdb ": "DuckDB's shell is not installed; the same statements are run by `mieruka sql`",
    "cp -r dbt_project metrics": "test_metrics.py, on request",
    "export MIERUKA_DBT_TARGET": "test_metrics.py, on request",
    "dbt parse": "test_metrics.py, on request",
    "mf query": "test_metrics.py, on request",
    "mkdir -p sources/mieruka": "a folder of Evidence's project",
    "mkdir -p .tmp-browser": _INSTALLS,
    "cd 書き出し先": "test_export_by_frictionless.py, on request",
    "cd DIR": "test_export_by_frictionless.py, on request",
    ".venv/bin/python -m benchmarks": "measures for minutes",
    ".venv/bin/python docs/generate_": "writes the documents; tests compare what it would write",
    ".venv/bin/python docs/bi/build_superset_bundle.py": "test_superset.py, on request",
    "MIERUKA_": _REQUEST,
    "cp node_modules/": "a part of the recipe of npm",
    "python -m benchmarks": "measures for minutes",
    "apt-get install": _INSTALLS,
    "export MIERUKA_LAKE": "of a server: tests/integration/test_lake.py",
    "export PGPASSFILE": "of a server: tests/integration/test_lake.py",
    "mieruka lake": "needs PostgreSQL: tests/integration/test_lake.py",
    "mieruka register ": "the register is the reader's own: tests/integration/test_registers.py",
    "umask 077": "makes a secret for `mieruka serve`",
}
_INVENTED = "mieruka check library_loans_"
# Languages of blocks that are shown, not run (R and its duckdb are not installed here), and pages whose Python and SQL
# need more than a warehouse.
SHOWN_ONLY = {"text", "toml", "yaml", "csv", "nginx", "markdown", "r", "json", "html", ""}
NOT_RUN = {
    "docs/queries.md": "written from docs/queries/, which test_queries.py runs and compares",
    "docs/serve.md": "asks a server: tests/integration/test_serve.py",
    "docs/registers-scale.md": "asks the shared lake: tests/integration/test_lake.py",
}
# What must have been typed before the first block of a document.
BEFORE = {"docs/open-data.ja.md": ("mieruka export --to . --format api",)}
# Exit codes that are not 0, and why.
ENDS_WITH = {
    "mieruka savings 様式.xlsx": (1, "the form is still empty"),
    "mieruka savings form.xlsx": (1, "the form is still empty"),
    "mieruka savings 様式.xlsx --observations 町名.savings.csv": (1, "the form is still empty"),
    "mieruka savings form.xlsx --observations town.savings.csv": (1, "the form is still empty"),
}


def plain(command: str) -> str:
    """Return a command as it begins when `mieruka` is on the path."""
    return command.removeprefix(".venv/bin/") if command.startswith(".venv/bin/mieruka") else command


def bare(command: str) -> str:
    """Return a command as it begins when `mieruka` is on the path, without the remark after it."""
    return plain(command.partition("#")[0].strip())


def why_not_typed(command: str) -> str | None:
    """Return the beginning in the list that fits a command best."""
    fitting = [start for start in NOT_TYPED if plain(command).startswith(start)]
    return max(fitting, key=len, default=None)


def words_of(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|<>&;")
    lexer.whitespace_split, lexer.commenters = True, "#"
    return list(lexer)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def run_mieruka(arguments: list[str], given: str, monkeypatch: pytest.MonkeyPatch) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def run_typed(command: str, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Run a command line that calls `mieruka`: with a redirection into a file, and `echo` before it, as shells do."""
    if wrapped := re.fullmatch(r'eval "\$\((.+)\)".*', command):
        command = wrapped[1]
    words, given = words_of(command), ""
    if "|" in words:
        before, words = words[: words.index("|")], words[words.index("|") + 1 :]
        assert before[0] == "echo", command
        given = " ".join(before[1:])
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], Path(words[words.index(">") + 1])
    assert Path(words[0]).name == "mieruka", command
    answer = run_mieruka(words[1:], given, monkeypatch)
    if target:
        target.write_text(answer.out, encoding="utf-8")
    return answer


def test_every_command_is_typed_or_says_why_not() -> None:
    strange = [
        f"{typed.place}: {typed.command}"
        for typed in TYPED
        if why_not_typed(typed.command) is None
        and not re.match(r'(eval "\$\()?(\.venv/bin/)?mieruka ', typed.command)
        and " | mieruka " not in typed.command
    ]
    assert strange == []


def test_what_is_not_typed_still_occurs() -> None:
    used = {why_not_typed(typed.command) for typed in TYPED}
    assert sorted(set(NOT_TYPED) - used) == []
    assert sorted(set(ENDS_WITH) - {bare(typed.command) for typed in TYPED}) == []
    pages = {block.document for block in BLOCKS if block.language in ("python", "sql")}
    assert sorted(set(NOT_RUN) - pages) == []


def test_every_block_is_of_a_language_that_is_run_or_only_shown() -> None:
    known = {*SHELLS, *SHOWN_ONLY, "python", "sql"}
    assert [block.place for block in BLOCKS if block.language not in known] == []


def test_both_languages_have_the_same_recipes() -> None:
    counted = Counter(block.document for block in BLOCKS if block.language in ("python", "r"))
    pairs = [
        (name, name.replace(".ja.md", ".md")) for name in map(name_of, DOCUMENTS) if name.endswith(".ja.md")
    ]
    both = [pair for pair in pairs if (PROJECT_ROOT / pair[1]).exists() and "open-data" not in pair[0]]
    assert [pair for pair in both if counted[pair[0]] != counted[pair[1]]] == []
    assert counted["docs/analysts.md"] >= 7


@pytest.fixture(scope="module")
def readable(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the home that commands may write pages and settings into."""
    folder = tmp_path_factory.mktemp("documents") / "warehouse"
    shutil.copytree(home, folder, symlinks=True)
    return folder


@pytest.fixture
def desk(readable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to type in, like the repository's: with the warehouse, the documents and the sources."""
    (tmp_path / "warehouse").symlink_to(readable)
    for name in ("docs", "sources", "dbt_project"):
        (tmp_path / name).symlink_to(PROJECT_ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIERUKA_HOME", str(readable))
    monkeypatch.setenv("MIERUKA_TODAY", "2026-11-23")
    monkeypatch.delenv("MIERUKA_CONFIG", raising=False)
    return tmp_path


def language_of(document: str) -> str:
    return (
        "en"
        if not document.endswith(".ja.md") and (PROJECT_ROOT / document.replace(".md", ".ja.md")).exists()
        else "ja"
    )


# So many lines of an answer are told when it is another than shown.
_TOLD = 40


def check_shown(typed: Typed, answer: Answer) -> None:
    if typed.shown is not None and not as_pattern(typed.shown).fullmatch(f"{answer.out.rstrip()}\n"):
        told = "\n".join(f"{answer.out}{answer.err}".splitlines()[:_TOLD])
        pytest.fail(f"{typed.place}: {typed.command}\nanswers otherwise than shown:\n{told}", pytrace=False)


PAGES = [name_of(path) for path in DOCUMENTS if any(block.document == name_of(path) for block in BLOCKS)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_followed_from_top_to_bottom(
    page: str, desk: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIERUKA_LANG", language_of(page))
    for command in BEFORE.get(page, ()):
        assert run_typed(command, monkeypatch).code == 0
    for block in BLOCKS:
        if block.document != page:
            continue
        if block.language in SHELLS:
            for typed in typed_in(block):
                follow(typed, home, monkeypatch)
        elif page not in NOT_RUN and block.language == "python":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block.text, block.place, "exec"), {"__name__": "recipe"})  # noqa: S102
        elif page not in NOT_RUN and block.language == "sql":
            follow_sql(block, monkeypatch)


# Pages and exports take seconds; the same once more, into another folder, would show nothing new.
_LONG_DONE: set[str | None] = set()


def long_ago(command: str) -> str | None:
    """Return what a long command does, wherever it writes; None for a short one."""
    if not bare(command).startswith(("mieruka report", "mieruka export")):
        return None
    return re.sub(r" --(to|contact|base-url) \S+", "", bare(command))


def follow(typed: Typed, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain(typed.command).startswith("make run"):
        check_shown(typed, Answer(0, (home / "first_output.txt").read_text(encoding="utf-8"), ""))
        return
    if why := why_not_typed(typed.command):
        assert typed.shown is None or why == _INVENTED, (
            f"{typed.place}: an output is shown that nothing checks"
        )
        return
    if typed.shown is None and long_ago(typed.command) in _LONG_DONE:
        return
    answer = run_typed(typed.command, monkeypatch)
    _LONG_DONE.add(long_ago(typed.command))
    expected, _ = ENDS_WITH.get(bare(typed.command), (0, ""))
    assert answer.code == expected, f"{typed.place}: {typed.command}\n{answer.out}{answer.err}"
    assert answer.out or ">" in typed.command, f"{typed.place}: {typed.command} said nothing"
    check_shown(typed, answer)


def test_a_source_is_added_as_told(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "docs/reading-files.md"
    folder = desk / "with_the_new_one"
    folder.mkdir()
    for path in SOURCES_DIR.iterdir():
        (folder / path.name).symlink_to(path)
    shutil.copytree(SOURCES_DIR / "_template", folder / "publisher__library_loans")
    monkeypatch.setattr("cli.check.load_catalog", lambda: load_catalog(folder))
    files = [block for block in BLOCKS if (block.document, block.language) == (page, "csv")]
    checked = [
        typed for typed in TYPED if typed.place.startswith(page) and why_not_typed(typed.command) == _INVENTED
    ]
    assert len(files) == len(checked) == 2
    for block, typed, code in zip(files, checked, (0, 1), strict=True):
        Path(words_of(typed.command)[2]).write_text(block.text, encoding="utf-8")
        answer = run_typed(typed.command, monkeypatch)
        assert answer.code == code, answer.err
        check_shown(typed, answer)


def follow_sql(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for statement in duckdb.extract_statements(block.text):
        answer = run_mieruka(["sql", statement.query], "", monkeypatch)
        assert answer.code == 0, f"{block.place}: {answer.err}"


@cache
def parser() -> ArgumentParser:
    return build_parser(Speaker("en"))


def simplest(call: str) -> str:
    """Return a call without what its brackets leave open, and with the first of what a bar separates."""
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", call)) != call:
        call = shorter
    return re.sub(r"(\S+?)\\?\|\S+", r"\1", call)


# Of a command that is only named, no more is asked than that there is one.
_NAMED = re.compile(r"(?:\.venv/bin/)?mieruka ([a-z]+)")
SPOKEN = [
    typed
    for path in DOCUMENTS
    for typed in spoken_in(path)
    if "…" not in typed.command
    and not plain(typed.command).startswith(("mieruka COMMAND", "mieruka コマンド"))
]


@pytest.mark.parametrize("typed", [*SPOKEN, *TYPED], ids=lambda typed: f"{typed.place} {typed.command[:40]}")
def test_calls_are_such_as_the_parser_takes(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    call = plain(typed.command)
    if not call.startswith("mieruka "):
        return
    if typed in SPOKEN and (named := _NAMED.fullmatch(call)):
        call = f"mieruka {named[1]} --help"
    words = words_of(simplest(call) if typed in SPOKEN else call)
    cut = next((place for place, word in enumerate(words) if word in (">", "|", "&&")), len(words))
    assert is_taken(words[1:cut]), capsys.readouterr().err


def is_taken(arguments: list[str]) -> bool:
    try:
        parser().parse_args(arguments)
    except SystemExit as ended:
        return ended.code == 0
    return True


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for link in links_of(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def reachable(start: Path) -> Iterator[Path]:
    """Yield the documents that links of a document lead to."""
    for link in links_of(start):
        target = (start.parent / link.partition("#")[0]).resolve()
        yield target / "README.md" if target.is_dir() else target


def test_every_document_is_found_from_the_index() -> None:
    index = PROJECT_ROOT / "docs" / "README.md"
    found, waiting = {index}, [index]
    while waiting:
        for target in reachable(waiting.pop()):
            if target.suffix == ".md" and target.exists() and target not in found:
                found.add(target)
                waiting.append(target)
    assert [
        name_of(path) for path in sorted((PROJECT_ROOT / "docs").rglob("*.md")) if path not in found
    ] == []
