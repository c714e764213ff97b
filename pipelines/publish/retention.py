"""Which versions are kept: the newest ones and the last of each month, and never less than readers may be using."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.config_place import config_place
from pipelines.publish.versions import (
    current_version,
    kept_versions,
    set_aside,
    version_folder,
)
from pipelines.settings import Home

VERSIONS_VARIABLE = "MIERUKA_KEEP_VERSIONS"
MONTHS_VARIABLE = "MIERUKA_KEEP_MONTHS"
# The published version and the one to go back to.
FEWEST = 2
_MONTHS_OF_A_YEAR = 12
# A line of /proc/locks names device and inode as 08:01:4711.
_LOCKED_INODE = re.compile(r" [0-9a-f]+:[0-9a-f]+:(\d+) ")


class RetentionRuleError(ValueError):
    """The rule says no number that can be used; the text names where it stands, the number and the least allowed."""


@dataclass(frozen=True)
class RetentionRule:
    """Keep the newest `versions`, and the last version of each of the last `months` months, the newest version's among them."""

    versions: int = 14
    months: int = 12


def _configured(home: Home) -> dict[str, Any]:
    """Return the table `[retention]` of the configuration file; nothing when there is none that can be read."""
    try:
        content = tomllib.loads(config_place(home).path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    table = content.get("retention")
    return table if isinstance(table, dict) else {}


def _number(variable: str, configured: Any, default: int, fewest: int) -> int:
    text = str(os.environ.get(variable) or (default if configured is None else configured))
    if not (text.isascii() and text.isdigit()) or int(text) < fewest:
        raise RetentionRuleError(f"{variable}, [retention]: {text} (>= {fewest})")
    return int(text)


def retention_rule(home: Home) -> RetentionRule:
    """Return the rule: the environment's, else that of the configuration file, else the default.

    Raises RetentionRuleError when it cannot be used.
    """
    default, said = RetentionRule(), _configured(home)
    return RetentionRule(
        _number(VERSIONS_VARIABLE, said.get("versions"), default.versions, FEWEST),
        _number(MONTHS_VARIABLE, said.get("months"), default.months, 0),
    )


def _month(version: str) -> int:
    """Return the month of a version, whose id begins with year and month, as a count of months."""
    return int(version[:4]) * _MONTHS_OF_A_YEAR + int(version[4:6])


def to_keep(versions: list[str], rule: RetentionRule) -> set[str]:
    """Return those of the versions that the rule keeps."""
    ordered = sorted(versions)
    last_of_month = {_month(version): version for version in ordered}
    newest = max(last_of_month, default=0)
    return set(ordered[-rule.versions :]) | {
        version for month, version in last_of_month.items() if month > newest - rule.months
    }


def _inodes_in_use() -> set[int]:
    """Return the inodes that some process has open or locked, as far as Linux shows them to us."""
    found: set[int] = set()
    with suppress(OSError):
        found = {
            int(inode) for inode in _LOCKED_INODE.findall(Path("/proc/locks").read_text(encoding="ascii"))
        }
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            found.add(path.stat().st_ino)
    return found


def _is_in_use(folder: Path, inodes: set[int]) -> bool:
    return any(path.stat().st_ino in inodes for path in folder.rglob("*") if path.is_file())


def remove_old_versions(home: Home, rule: RetentionRule) -> list[str]:
    """Remove what the rule does not keep, but never the published version nor one that is being read; return those.

    What cannot be removed now is removed after a later publication.
    """
    kept = kept_versions(home)
    old = sorted(set(kept) - to_keep(kept, rule) - {current_version(home) or ""})
    if not old:
        return []
    inodes = _inodes_in_use()
    removed = []
    for version in old:
        if not _is_in_use(version_folder(home, version), inodes):
            shutil.rmtree(set_aside(home, version), ignore_errors=True)
            removed.append(version)
    return removed
