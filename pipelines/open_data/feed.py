"""`feed.atom`: one entry a publication, with the figures and verdicts that it changed, in Japanese and English."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from pipelines.files import write_atomically
from pipelines.publish.change_report import CHANGES
from pipelines.publish.release import DIFFERENCE_NAME
from pipelines.publish.runs import read_publication
from pipelines.publish.versions import current_version, kept_versions, manifest_of, version_folder
from pipelines.settings import Home

FEED_NAME = "feed.atom"
API_INDEX = "api/v1/index.json"
MOST_ENTRIES = 50
_ATOM = "http://www.w3.org/2005/Atom"
_XML = "http://www.w3.org/XML/1998/namespace"
# Nobody owns it: ids stay the same wherever the files lie until a site gives its own name.
_NO_SITE = "mieruka.invalid"
_TAG_YEAR = "2026"
# What XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS = {
    "verdicts": ("判定", "verdicts"),
    "figures": ("数値", "figures"),
    "targets": ("目標", "targets"),
    "series": ("系列", "series"),
    "areas": ("団体", "areas"),
    "files": ("ファイル", "files"),
}


@dataclass(frozen=True)
class Published:
    """One publication: version, moment (ISO 8601), counts by section and kind of change, words by language.

    `counts` is None for a first version. `is_rollback`: readers were given this version again.
    """

    version: str
    moment: str
    counts: dict[str, dict[str, int]] | None
    words: dict[str, list[str]] = field(default_factory=dict)
    is_rollback: bool = False


def publications(home: Home) -> list[Published]:
    """Return the publications that are kept, newest first, with the rollback that holds; those rolled back are left out."""
    current = current_version(home)
    found = [_published(home, version) for version in kept_versions(home) if current and version <= current]
    publication = read_publication(home)
    if current and publication is not None and publication.held_since:
        found.append(Published(current, publication.held_since, None, is_rollback=True))
    return [entry for entry in reversed(found) if entry is not None][:MOST_ENTRIES]


def _published(home: Home, version: str) -> Published | None:
    manifest = manifest_of(home, version)
    if manifest is None:
        return None
    differences: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        path = version_folder(home, version) / DIFFERENCE_NAME
        differences = json.loads(path.read_text(encoding="utf-8"))
    moment = manifest.run.finished_at or manifest.run.started_at
    return Published(version, moment, differences.get("counts"), differences.get("words", {}))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _changed(entry: Published) -> list[tuple[str, str, int]]:
    return [
        (section, kind, number)
        for section in _WORDS
        for kind, number in (entry.counts or {}).get(section, {}).items()
        if number
    ]


def _title(entry: Published) -> str:
    if entry.is_rollback:
        return f"版 {entry.version} に戻しました / Rolled back to version {entry.version}"
    if entry.counts is None:
        return f"版 {entry.version} を公開しました / Version {entry.version} published"
    changed = _changed(entry)
    if not changed:
        return "公開（数値・判定に変更なし） / Published; no figure or verdict changed"
    texts = [
        "、".join(
            f"{_WORDS[section][0]}の{CHANGES[kind][0]} {number:,}件" for section, kind, number in changed
        ),
        ", ".join(f"{number:,} {_WORDS[section][1]} {CHANGES[kind][1]}" for section, kind, number in changed),
    ]
    return " / ".join(texts)


def _content(entry: Published) -> str:
    """Return the entry as HTML; all text is escaped."""
    blocks = []
    for language in ("ja", "en"):
        lines = "".join(f"<li>{escape(_clean(line))}</li>" for line in entry.words.get(language, []))
        if lines:
            blocks.append(f'<ul lang="{language}">{lines}</ul>')
    return f"<p>{escape(_title(entry))}</p>" + "".join(blocks)


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    element.text = None if text is None else _clean(text)
    return element


def feed_text(entries: Sequence[Published], base_url: str | None = None, leads_to: str = API_INDEX) -> bytes:
    """Return the feed (Atom 1.0), whose entries lead to a page or file of the site.

    Without a site its ids are of a name that nobody owns, and its links relative.
    """
    ElementTree.register_namespace("", _ATOM)
    authority = urlsplit(base_url).hostname if base_url else None
    tag = f"tag:{authority or _NO_SITE},{_TAG_YEAR}:mieruka"
    base = base_url or ""
    feed = ElementTree.Element(f"{{{_ATOM}}}feed", {f"{{{_XML}}}lang": "ja"})
    _add(feed, "title", "見える化: 新しい数値と変わった判定 / New figures and changed verdicts")
    _add(feed, "id", tag)
    _add(feed, "updated", entries[0].moment if entries else "1970-01-01T00:00:00Z")
    _add(_add(feed, "author"), "name", "Mieruka")
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{base}{FEED_NAME}")
    _add(feed, "link", rel="related", type="application/json", href=f"{base}{API_INDEX}")
    _add(
        feed,
        "rights",
        "CC BY 4.0（編集物）。数値は各出典による / CC BY 4.0 (compilation); figures cite their sources",
    )
    for entry in entries:
        element = _add(feed, "entry")
        kind = f"rollback:{entry.moment}" if entry.is_rollback else "version"
        _add(element, "title", _title(entry))
        _add(element, "id", f"{tag}:{kind}:{entry.version}")
        _add(element, "updated", entry.moment)
        _add(element, "published", entry.moment)
        media = "text/html" if leads_to.endswith(".html") else "application/json"
        _add(element, "link", rel="alternate", type=media, href=f"{base}{leads_to}")
        for section in sorted({section for section, _, _ in _changed(entry)}):
            _add(element, "category", term=section, label=_WORDS[section][0])
        _add(element, "content", _content(entry), type="html")
    ElementTree.indent(feed)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="utf-8") + b"\n"


def write_feed(home: Home, folder: Path, base_url: str | None = None, leads_to: str = API_INDEX) -> None:
    """Write `feed.atom` of a home's publications into a folder."""
    write_atomically(folder / FEED_NAME, feed_text(publications(home), base_url, leads_to))
