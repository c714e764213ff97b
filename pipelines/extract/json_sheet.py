"""A JSON file, or a `.tar.gz` of JSON files, as a sheet of texts.

A layout's `sheet:` names the list that is read: `municipalities`, or `businesses.groups.rows` for lists within
the entries of lists; `*` stands for any key, `$` for the document itself, and `rows[label=*年月日]` takes only
the entries whose field matches. Row 1 of the sheet holds what the document says of itself (`summary>month:
2026-01`), row 2 the header, and each entry is one row from row 3 on: cell B5 is the second field of the third
entry. A field of an object within an entry is headed `object>field`, one of an enclosing entry `$>list>field`,
the key that `*` stood for `$>*`, and the name of a file within an archive `$file`. Numbers keep their digits.

Answers of the e-Stat API, one or all pages of a table in an archive, are known by their root: see `estat_sheet`.
"""

from __future__ import annotations

import fnmatch
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from pipelines.acquire.content import MAX_MEMBERS, MAX_UNPACKED
from pipelines.extract.estat_sheet import is_estat_answer, read_estat_answers
from pipelines.extract.json_fields import LEVELS, field_text, flat_fields
from pipelines.extract.sheet import Sheet, UnreadableFileError

_SEGMENT = re.compile(r"(?P<key>[^.\[\]]+)(?:\[(?P<field>[^=\]]+)=(?P<text>[^\]]*)\])?(?:\.|$)")
_DOCUMENT = "$"
_FILE = "$file"


@dataclass(frozen=True)
class _Segment:
    key: str
    field: str | None
    text: re.Pattern[str]

    def takes(self, entry: dict[str, Any]) -> bool:
        if self.field is None:
            return True
        return self.text.match(field_text(entry.get(self.field)) or "") is not None


@dataclass(frozen=True)
class _Document:
    """What one file gave: what it says of itself, and the entries of each path with what encloses them."""

    file: str | None
    facts: dict[str, str]
    entries: dict[str, list[tuple[dict[str, str], dict[str, str]]]]


def _segments(pattern: str) -> list[_Segment]:
    if pattern == _DOCUMENT:
        return []
    found = list(_SEGMENT.finditer(pattern))
    if "".join(match.group(0) for match in found) != pattern:
        raise UnreadableFileError(f"JSON ({pattern}?)")
    return [
        _Segment(match["key"], match["field"], re.compile(fnmatch.translate(match["text"] or "")))
        for match in found
    ]


def _entries(value: object) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def _walk(
    value: object, segments: list[_Segment], heading: str, above: dict[str, str]
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield each entry's own texts, with those of the entries that enclose it."""
    for entry in _entries(value):
        if not segments:
            yield flat_fields(entry), above
            continue
        segment, inner = segments[0], f"{heading}{LEVELS}{segments[0].key}"
        taken = {
            key: [part for part in _entries(content) if segment.takes(part)]
            for key, content in entry.items()
            if isinstance(content, dict | list) and fnmatch.fnmatchcase(key, segment.key)
        }
        if not any(taken.values()):
            continue
        here = above
        if heading != _DOCUMENT or isinstance(value, list):
            here = above | {f"{heading}{LEVELS}{key}": text for key, text in flat_fields(entry).items()}
        for key, parts in taken.items():
            named = here if key == segment.key else here | {inner: key}
            yield from _walk(parts, segments[1:], inner, named)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) != len(pairs):
        raise UnreadableFileError("JSON (key twice)")
    return entry


def _load(data: bytes) -> object:
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_no_doubles,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UnreadableFileError(f"JSON ({error})") from error


def _document(file: str | None, content: object, patterns: list[str]) -> _Document:
    facts = flat_fields(content) if isinstance(content, dict) else {}
    entries = {pattern: list(_walk(content, _segments(pattern), _DOCUMENT, {})) for pattern in patterns}
    return _Document(file, facts, entries)


def _sheet(documents: list[_Document], patterns: list[str]) -> Sheet:
    wanted = next((path for path in patterns if any(document.entries[path] for document in documents)), None)
    if wanted is None:
        raise UnreadableFileError(f"JSON ({' / '.join(patterns)})")
    shared = dict(set.intersection(*(set(document.facts.items()) for document in documents)))
    rows: list[dict[str, str]] = []
    for document in documents:
        own = {} if document.file is None else {_FILE: document.file}
        own |= {
            f"{_DOCUMENT}{LEVELS}{key}": text for key, text in document.facts.items() if key not in shared
        }
        rows += [own | above | texts if own or above else texts for texts, above in document.entries[wanted]]
    header = list(dict.fromkeys(chain.from_iterable(rows)))
    title: list[object] = [f"{key}: {text}" for key, text in documents[0].facts.items() if key in shared]
    # Entries mostly have the same fields in the same order.
    body: list[list[object]] = [
        list(row.values()) if list(row) == header else [row.get(key, "") for key in header] for row in rows
    ]
    return Sheet(wanted, [title, list(header), *body])


def read_json_sheet(data: bytes, patterns: list[str]) -> Sheet:
    """Return the entries of the first path that has any; raise UnreadableFileError for all else."""
    content = _load(data)
    if is_estat_answer(content):
        return read_estat_answers([content], patterns)
    return _sheet([_document(None, content, patterns)], patterns)


def read_json_archive(archive: bytes, member: str, patterns: list[str]) -> Sheet:
    """Return the entries of all JSON files of a `.tar.gz` whose names match, one below the other.

    Nothing is unpacked to disk; an archive with links, names that lead out of it, or more than a publication
    could hold is refused.
    """
    answers: list[dict[str, Any]] = []
    documents: list[_Document] = []
    for name, data in _members(archive, member):
        content = _load(data)
        if is_estat_answer(content):
            answers.append(content)
        else:
            file = PurePosixPath(name).name.removesuffix(".json")
            documents.append(_document(file, content, patterns))
    if answers and documents:
        raise UnreadableFileError("e-Stat API (tar.gz)")
    if answers:
        return read_estat_answers(answers, patterns)
    return _sheet(sorted(documents, key=lambda document: str(document.file)), patterns)


def _members(data: bytes, member: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for count, info in enumerate(archive, start=1):
                total += info.size
                name = PurePosixPath(info.name)
                if total > MAX_UNPACKED or count > MAX_MEMBERS:
                    raise UnreadableFileError(f"tar.gz (<= {MAX_MEMBERS} files, {MAX_UNPACKED:,} bytes)")
                if name.is_absolute() or ".." in name.parts or not (info.isfile() or info.isdir()):
                    raise UnreadableFileError(f"tar.gz ({info.name})")
                stream = archive.extractfile(info) if info.isfile() and name.match(member) else None
                if stream is not None:
                    yield info.name, stream.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise UnreadableFileError(f"tar.gz ({error})") from error
