"""Writing the site: a new folder beside the old one, then one exchange of names."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.files import exchange_folder
from pipelines.normalize.text import circled
from pipelines.pages import charts, queries
from pipelines.pages.shown import Shown, both, exact, moment, offices, text
from pipelines.pages.text import TEXTS
from pipelines.pages.wording import Wording
from pipelines.query import json_value
from pipelines.settings import Home

if TYPE_CHECKING:
    import duckdb

STATIC = Path(__file__).with_name("static")
# What says that a folder is ours, so that only such a one is ever replaced.
MARKER = "mieruka-site.json"
# Writes files that stand beside the pages into the new folder: connection, folder, version.
Beside = Callable[["duckdb.DuckDBPyConnection", Path, str], object]
_MENU = (
    ("overview", "index.html"), ("areas", "areas.html"), ("map", "map.html"), ("compare", "compare.html"),
    ("coverage", "coverage.html"), ("schedule", "schedule.html"), ("quality", "quality.html"),
    ("sources", "sources.html"), ("dictionary", "dictionary.html"), ("about", "about.html"),
)  # fmt: skip


class NotOurFolderError(ValueError):
    """The folder to write to holds something else than an earlier site."""


@dataclass(frozen=True)
class Edition:
    """The version shown, the day of its verdicts and the first day that can be judged."""

    version: str
    evaluated_on: date | None
    first_evaluated_on: date | None


@dataclass(frozen=True)
class Options:
    """`contact` is where errors are reported, a mail address or an https address; `home` remembers the checks."""

    contact: str = ""
    home: Home | None = None


@dataclass(frozen=True)
class Written:
    """What was written: pages, files and bytes in all, seconds taken."""

    folder: Path
    pages: int
    files: int
    size: int
    seconds: float


def percent(share: float) -> str:
    """Return a share as a percentage; to a tenth, because 99.9 is not 100."""
    return f"{share * 100:.1f}%"


def number(value: Decimal, decimals: int) -> str:
    """Return a number as the arithmetic prints it."""
    return f"{value:,.{decimals}f}"


def plain(value: Decimal) -> str:
    """Return a number with all of its digits and separators of thousands."""
    return f"{value.normalize():,f}"


def link(address: str | None) -> str:
    """Return an address that may be linked; anything but the web is no link."""
    return address if address and address.startswith(("https://", "http://")) else "#"


class Site:
    """The folder being written, with the templates and what every page shows."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, wording: Wording, options: Options
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.options = options
        self.shown = Shown(wording)
        self.edition = Edition(**queries.rows(connection, queries.EDITION)[0])
        self.pages = 0
        self._environment = Environment(
            loader=PackageLoader("pipelines.pages"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._environment.globals |= {
            "s": self.shown, "t": text, "words": TEXTS.__getitem__, "both": both, "exact": exact, "moment": moment,
            "link": link, "circled": circled, "percent": percent, "number": number, "plain": plain, "offices": offices, "rounded": self.shown.rounded, "edition": self.edition,
            "menu": _MENU, "progress_bar": charts.progress_bar, "contact": options.contact,
            "has_feed": self.beside("feed.atom"), "has_api": self.beside("api/v1/index.json"),
            "has_catalog": self.beside("catalog.jsonld"),
        }  # fmt: skip

    def beside(self, path: str) -> str:
        """Return an address when something was written there beside the pages, else nothing."""
        return path if (self.folder / path).is_file() else ""

    def api(self, path: str) -> str:
        """Return the address of a file of the open API when it was written beside the pages, else nothing."""
        return self.beside(f"api/v1/{path}")

    def rows(self, query: str, **values: object) -> list[queries.Record]:
        """Return the rows of a query of `queries`."""
        return queries.rows(self.connection, query, values)

    def macro(self, name: str, *arguments: object) -> Markup:
        """Return what a macro of `parts.html` makes."""
        return Markup(getattr(self._environment.get_template("parts.html").module, name)(*arguments))  # noqa: S704

    def page(self, path: str, template: str, here: str, **content: Any) -> None:
        """Write one page; `here` is its place in the menu."""
        root = "../" * path.count("/")
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        made = self._environment.get_template(template).render(root=root, here=here, **content)
        target.write_text(made, encoding="utf-8")
        self.pages += 1

    def script(self, path: str, name: str, content: object) -> None:
        """Write data as a classic script that sets one variable: pages opened from a folder may not fetch."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        made = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=json_value)
        target.write_text(f"{name}={made};\n", encoding="utf-8")


def _check_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise NotOurFolderError(str(folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise NotOurFolderError(str(folder))


def write_site(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    wording: Wording,
    options: Options | None = None,
    beside: Sequence[Beside] = (),
) -> Written:
    """Write the whole site into a folder; raise NotOurFolderError when the folder holds something else.

    What `beside` writes (API, feed) comes first, so that the pages link to it.
    """
    from pipelines.pages import bodies, explore, national, records

    started = time.monotonic()
    _check_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    shutil.copytree(STATIC, new / "static")
    version = str(queries.rows(connection, queries.EDITION)[0]["version"])
    for write in beside:
        write(connection, new, version)
    site = Site(connection, new, wording, options or Options())
    national.write(site)
    bodies.write(site)
    explore.write(site)
    records.write(site)
    (new / MARKER).write_text(json.dumps({"version": version, "pages": site.pages}) + "\n", encoding="utf-8")
    exchange_folder(new, folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Written(
        folder, site.pages, len(files), sum(path.stat().st_size for path in files), time.monotonic() - started
    )
