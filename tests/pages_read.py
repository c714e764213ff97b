"""Reading written pages back: their elements, links, ids and figures."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_EMPTY = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Page:
    """One page: the attributes of each element in order, and the text of each table row that has an id."""

    path: Path
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [given["id"] for _, given in self.elements if "id" in given]

    def addresses(self) -> list[tuple[str, str]]:
        """Return what the page links to or loads: tag and address."""
        return [
            (tag, given[name]) for tag, given in self.elements for name in ("href", "src") if name in given
        ]


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._row: list[dict[str, str]] | None = None
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.elements.append((tag, given))
        if tag == "tr":
            self._row = self.page.rows.setdefault(given["id"], []) if "id" in given else None
        elif tag in ("td", "th") and self._row is not None:
            self._row.append({"text": "", "value": given.get("data-v", "")})
        elif tag == "span" and given.get("lang") == "en":
            self._skipped += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self._skipped:
            self._skipped -= 1
        elif tag in ("tbody", "table"):
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._row and not self._skipped:
            self._row[-1]["text"] += data


def read_page(path: Path) -> Page:
    """Return a page as it was written."""
    page = Page(path)
    reader = _Reader(page)
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return page


def read_script(path: Path) -> Any:
    """Return what a data script sets."""
    text = path.read_text(encoding="utf-8")
    return json.loads(
        text[text.index("=", text.rindex("]=") if "mierukaData[" in text else 0) + 1 :].rstrip(";\n")
    )
