"""Every reason that the models of projections give for a blank has words."""

from __future__ import annotations

import re

from cli.outlook_words import PROJECTION_REASONS
from pipelines.settings import DBT_PROJECT_DIR


def test_every_reason_for_a_blank_of_a_projection_has_words() -> None:
    model = (DBT_PROJECT_DIR / "models/marts/kpi_projection.sql").read_text(encoding="utf-8")
    emitted = set(re.findall(r"then '([A-Z_]{4,})'", model))
    assert {"NO_ERROR_MODEL", "SHORT_SERIES", "PERFECT_FIT"} <= emitted
    assert emitted <= set(PROJECTION_REASONS)
