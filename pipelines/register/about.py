"""The small file beside a register that says whose it is and of which year: `register.yml`, `<file>.register.yml`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.strict import Strict

_MOST_BYTES = 64 * 1024
_FOLDER_FILE, _SUFFIX = "register.yml", ".register.yml"

Yen = Annotated[int, Field(ge=-(10**18), le=10**18)]


class AboutError(ValueError):
    """The file beside a register cannot be read; the text says where."""


class StatedTotal(Strict):
    """A total of the body's balance sheet: of an account, or of all lines when none is named."""

    account: str | None = None
    acquisition_cost: Yen | None = None
    accumulated_depreciation: Yen | None = None
    book_value: Yen | None = None


class About(Strict):
    """What an officer says of a register; `unit` is that of its amounts, `totals_unit` that of the totals given here."""

    area_code: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    fiscal_year: int | None = Field(default=None, ge=1990, le=2100)
    entity: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    unit: str | None = Field(default=None, pattern=r"^(円|千円|百万円)$")
    totals_unit: str = Field(default="円", pattern=r"^(円|千円|百万円)$")
    totals: list[StatedTotal] = Field(default_factory=list, max_length=200)


def is_about(file_name: str) -> bool:
    """Return whether a file is one that says something of registers."""
    name = PurePosixPath(file_name).name
    return name == _FOLDER_FILE or name.endswith(_SUFFIX)


def about_of(snapshot: Snapshot, abouts: list[Snapshot]) -> Snapshot | None:
    """Return the newest file that speaks of a register: of its own name, else the one of its folder or of one above."""
    by_name = {entry.file_name: entry for entry in sorted(abouts, key=lambda entry: entry.retrieved_at)}
    path = PurePosixPath(snapshot.file_name)
    names = [f"{snapshot.file_name}{_SUFFIX}", *(str(folder / _FOLDER_FILE) for folder in path.parents)]
    return next((by_name[name] for name in names if name in by_name), None)


def read_about(path: Path) -> About:
    """Return what the file says; raise AboutError when it is none."""
    if path.stat().st_size > _MOST_BYTES:
        raise AboutError(f"> {_MOST_BYTES} bytes")
    try:
        return About.model_validate(yaml.safe_load(path.read_text(encoding="utf-8-sig")))
    except ValidationError as error:
        found = error.errors()[0]
        raise AboutError(f"{'.'.join(map(str, found['loc']))}: {found['msg']}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise AboutError(str(error).splitlines()[0][:200]) from error


def about_beside(path: Path) -> About:
    """Return what the file beside a register says, nothing when there is none; raise AboutError when it cannot be read."""
    beside = (path.with_name(f"{path.name}{_SUFFIX}"), path.with_name(_FOLDER_FILE))
    found = next((entry for entry in beside if entry.is_file()), None)
    return read_about(found) if found else About()
