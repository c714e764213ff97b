"""The documents as what they tell a reader to type: blocks of commands, SQL and Python, commands in the text, links."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import PROJECT_ROOT

# Written by a program from what other tests hold against the warehouse.
_GENERATED = {"data-dictionary.md", "data-dictionary.ja.md", "publisher-files.md"}
# The history says what was, and the licence has no commands.
_ELSEWHERE = {"CHANGELOG.md", "LICENSE-DATA.md"}
SHELLS = ("sh", "bash", "console")
# Lines or parts of a shown output that are left out.
LEFT_OUT = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: `line` is that of its fence, counted from 1."""

    document: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Return document and line, as editors open them."""
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Typed:
    """A command to type, and what the document shows of its output (None: nothing is shown)."""

    place: str
    command: str
    shown: str | None = None


def documents() -> list[Path]:
    """Return the documents that people read, those written by a program left out."""
    folders = ["docs", "warehouse", "sources/_template", "benchmarks"]
    found = [path for name in folders for path in sorted((PROJECT_ROOT / name).rglob("*.md"))]
    return [
        path
        for path in (*sorted(PROJECT_ROOT.glob("*.md")), *found)
        if path.name not in _GENERATED | _ELSEWHERE
    ]


def name_of(path: Path) -> str:
    """Return a document's path from the repository's folder."""
    return path.relative_to(PROJECT_ROOT).as_posix()


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a document; one inside a longer fence is part of that."""
    fence: str | None = None
    start, indent, language, held = 0, "", "", [""]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = re.fullmatch(r"(\s*)(`{3,})\s*(\S*).*", line)
        if fence is None and found:
            indent, fence, language = found[1], found[2], found[3]
            start, held = number, []
        elif fence is not None and line.strip() == fence:
            yield Block(name_of(path), start, language, "\n".join(held) + "\n")
            fence = None
        else:
            held.append(line.removeprefix(indent))


def _is_open(command: str) -> bool:
    """Return whether a command goes on in the next line: a quote or the line itself is not closed."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def typed_in(block: Block) -> list[Typed]:
    """Return the commands of a block; in a `console` block these begin with `$ `, and the rest is their output."""
    typed: list[Typed] = []
    pending, shown = "", list[str]()

    def end() -> None:
        if typed and shown:
            typed[-1] = Typed(block.place, typed[-1].command, "\n".join(shown))
        shown.clear()

    for line in block.text.splitlines():
        is_typed = block.language != "console" or line.startswith("$ ") or bool(pending)
        if not is_typed:
            shown.append(line)
            continue
        said = line.removeprefix("$ ") if block.language == "console" and not pending else line
        pending = f"{pending}\n{said}" if pending else said
        if _is_open(pending):
            continue
        end()
        if command := pending.replace("\\\n", " ").strip():
            typed += [Typed(block.place, command)] if not command.startswith("#") else []
        pending = ""
    end()
    return typed


def spoken_in(path: Path) -> list[Typed]:
    """Return the calls of `mieruka` that stand in the running text as code."""
    outside, is_fenced = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            is_fenced = not is_fenced
        outside.append("" if is_fenced else line)
    found = re.finditer(r"(?<!`)`((?:\.venv/bin/)?mieruka [^`]+)`(?!`)", "\n".join(outside))
    return [Typed(name_of(path), " ".join(match[1].split())) for match in found]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as the common renderers make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    anchors: set[str] = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        kept = (
            letter for letter in plain.lower() if letter in " -_" or unicodedata.category(letter)[0] in "LNM"
        )
        slug = "".join(kept).replace(" ", "-")
        number, unique = 0, slug
        while unique in anchors:
            number += 1
            unique = f"{slug}-{number}"
        anchors.add(unique)
    return anchors


def links_of(path: Path) -> list[str]:
    """Return the links of a document that lead into the repository."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def as_pattern(shown: str) -> re.Pattern[str]:
    """Return what matches an output as a document shows it: `…` alone on a line stands for any lines."""
    parts = []
    for line in shown.rstrip("\n").split("\n"):
        if line.strip() == LEFT_OUT:
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            pieces = (re.escape(piece) for piece in line.rstrip().split(LEFT_OUT))
            parts.append(r"[^\n]*".join(pieces) + r"[ ]*\n")
    return re.compile("".join(parts))
