"""Is everything as the last run left it? Asked with file stamps and hashes alone, before anything heavy is imported.

When a run ends well, it remembers a hash over all that it looked at and all that it left: the files of the origin, the
code and the descriptions, the landed tables, the records of what was refused, and what is published. As long as that
hash and the calendar allow, the next run has nothing to do; otherwise `pipelines.changes` looks closely.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.attempts import Stale
from pipelines.defects import Defect
from pipelines.files import read_record, write_record
from pipelines.publish.runs import read_publication
from pipelines.quarantine import damaged_records
from pipelines.settings import CODE_FOLDERS, PROJECT_ROOT, Home
from pipelines.stamps import Stamps, files_below, stamp_of

_MADE_ALONG = ("__pycache__", "target")


@dataclass(frozen=True)
class Outcome:
    """What the last run said at its end: what could not be acquired, the other defects, and what is stale by them."""

    failures: list[Defect]
    defects: list[Defect]
    stale: list[Stale]


class Sight:
    """What a run sees at its beginning: the origin, the code and the descriptions. `full` believes no stamp."""

    def __init__(self, home: Home, origin: Path | None, *, full: bool = False) -> None:
        self._home = home
        self._stamps = Stamps(home.state / "stamps.json", believed=not full)
        code = [PROJECT_ROOT / name for name in CODE_FOLDERS]
        self._inputs = self._hash_of([*code, *([origin] if origin else [])], str(origin or ""))

    def _hash_of(self, folders: Iterable[Path], *more: object) -> str:
        digest = hashlib.sha256(repr(more).encode())
        for folder in folders:
            for path in files_below(folder, _MADE_ALONG):
                digest.update(f"{path}\0{self._sha256(path)}\0".encode())
        return digest.hexdigest()

    def _sha256(self, path: str) -> str:
        """Return the SHA-256 of a file; of one that cannot be read, which the run reports, why."""
        try:
            return self._stamps.sha256(path)
        except OSError as error:
            return str(error.strerror)

    def _left(self) -> str:
        """Return a hash over what the home holds; the published database, which is large, by its stamp."""
        home = self._home
        folders = (home.archive, home.raw, home.quarantine, home.state / "current")
        return self._hash_of(folders, read_publication(home), stamp_of(home.published_database))

    @property
    def _path(self) -> Path:
        return self._home.state / "settled.json"

    def forget(self) -> None:
        """Forget how the last run ended: another one begins."""
        self._path.unlink(missing_ok=True)

    def settle(self, outcome: Outcome) -> None:
        """Remember that a run ended well: from what was seen at its beginning, with what the home holds now."""
        write_record(self._path, {"inputs": self._inputs, "left": self._left(), **asdict(outcome)})
        self._stamps.save()

    def outcome_if_unchanged(self, run_date: date) -> Outcome | None:
        """Return how the last run ended if nothing has changed since, and the day changes no verdict either."""
        record, published = read_record(self._path), read_publication(self._home)
        if record is None or published is None or record["inputs"] != self._inputs:
            return None
        if not published.run_date <= run_date.isoformat() < (published.valid_until or "9999-12-31"):
            return None
        # What was looked for changes every night, so its records are in no hash: they are only read.
        if record["left"] != self._left() or damaged_records(self._home.attempts):
            return None
        self._stamps.save()
        return _outcome_of(record)


def _outcome_of(record: dict[str, Any]) -> Outcome:
    stale = [Stale(**{**entry, "failure": Defect(**entry["failure"])}) for entry in record["stale"]]
    failures, defects = ([Defect(**entry) for entry in record[key]] for key in ("failures", "defects"))
    return Outcome(failures, defects, stale)
