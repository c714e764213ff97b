"""Values go into queries as what they are."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from cli.reader import rows


@pytest.mark.parametrize(
    "value", ["盛岡市", "O'Hara", "'; drop table figure; --", "", "$day", date(2018, 3, 31), None]
)
def test_a_value_comes_back_as_it_was_given(value: date | str | None) -> None:
    with duckdb.connect() as connection:
        assert rows(connection, "select $given as found", {"given": value, "other": "unused"}) == [
            {"found": value}
        ]
