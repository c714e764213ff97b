"""What a description says once for every kind: series and measures written out, everything else as it is."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pipelines.catalog.kinds import written_out

KINDS = {
    "line": {
        "bus": {"name": {"ja": "バス", "en": "buses"}, "when": {"mode": "バス", "place": "0"}},
        "tram": {"name": {"ja": "路面電車", "en": "trams"}, "when": {"mode": "路面電車"}},
    }
}
SERIES = {
    "riders__{line}": {"item_id": "riders", "definition": {"ja": "{line}の乗客", "en": "riders of {line}"}},
    "staff": {"item_id": "staff", "definition": {"ja": "{line}のままの職員", "en": "staff"}},
}
MEASURE = {"item_id": "riders", "series_id": "riders__{line}", "when": {"sex": "計"}}
OTHER = {"item_id": "staff", "series_id": "staff"}


def test_series_and_measures_are_written_out_for_every_kind() -> None:
    layout = {"columns": {"riders": {"measures": [MEASURE, OTHER]}, "staff": {"measures": [OTHER]}}}
    content = {"kinds": KINDS, "series": SERIES, "published": {"t": {"layouts": [layout, layout]}}}
    found = written_out(content)
    assert list(found["series"]) == ["riders__bus", "riders__tram", "staff"]
    assert found["series"]["riders__tram"]["definition"] == {"ja": "路面電車の乗客", "en": "riders of trams"}
    assert found["series"]["staff"] == SERIES["staff"]
    for written in found["published"]["t"]["layouts"]:
        assert written["columns"] == {
            "riders": {
                "measures": [
                    MEASURE
                    | {"series_id": "riders__bus", "when": {"mode": "バス", "place": "0", "sex": "計"}},
                    MEASURE | {"series_id": "riders__tram", "when": {"mode": "路面電車", "sex": "計"}},
                    OTHER,
                ]
            },
            "staff": {"measures": [OTHER]},
        }
    assert "kinds" not in found
    assert MEASURE["series_id"] == "riders__{line}"


@pytest.mark.parametrize("content", [None, [], {"series": {}}])
def test_a_description_without_kinds_stays_as_it_is(content: object) -> None:
    assert written_out(content) is content


@pytest.mark.parametrize("kind", [{"name": {"ja": "a", "en": "b"}}, {"when": {"a": "b"}}, {"names": 1}])
def test_a_kind_has_a_name_and_says_which_rows_it_is(kind: object) -> None:
    with pytest.raises(ValidationError):
        written_out({"kinds": {"line": {"bus": kind}}})
