"""What a description says once for every kind of a thing: `{business}` in a series stands for each kind in turn.

```yaml
kinds:
  business:
    public: {name: {ja: 公共下水道, en: public sewerage}, when: {business: 公共下水道}}
```

A series `cost__{business}` is one series for each kind, `cost__public` among them, with the kind's name in place of
`{business}` in its definition; a measure of it is one measure for each, on the rows that the kind's `when` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, TypeAdapter

from pipelines.catalog.strict import Strict
from pipelines.catalog.vocabulary import Label


class Kind(Strict):
    """One kind: its name, and by which texts of other columns its rows are known."""

    name: Label
    when: dict[str, str] = Field(min_length=1)


_Kinds = dict[str, dict[str, Kind]]
_KINDS: TypeAdapter[_Kinds] = TypeAdapter(_Kinds)


def written_out(content: Any) -> Any:
    """Return a description with its `kinds` written out; one without any stays as it is."""
    if not isinstance(content, dict) or "kinds" not in content:
        return content
    kinds = _KINDS.validate_python(content["kinds"])
    rest = {key: value for key, value in content.items() if key != "kinds"}
    for word, each in kinds.items():
        rest["series"] = _series(rest.get("series", {}), f"{{{word}}}", each)
        rest["published"] = _measures(rest.get("published", {}), f"{{{word}}}", each)
    return rest


def _series(series: Mapping[str, Any], word: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in series.items():
        if word not in name:
            found[name] = entry
            continue
        for key, kind in kinds.items():
            names = {"ja": kind.name.ja, "en": kind.name.en}
            definition = {
                language: text.replace(word, names[language])
                for language, text in entry["definition"].items()
            }
            found[name.replace(word, key)] = entry | {"definition": definition}
    return found


def _measures(value: Any, word: str, kinds: Mapping[str, Kind]) -> Any:
    """Return a part of a description with the measures of every kind in place of those that name the word."""
    if isinstance(value, dict):
        return {
            key: [one for measure in part for one in _each(measure, word, kinds)]
            if key == "measures" and isinstance(part, list)
            else _measures(part, word, kinds)
            for key, part in value.items()
        }
    return [_measures(part, word, kinds) for part in value] if isinstance(value, list) else value


def _each(measure: Any, word: str, kinds: Mapping[str, Kind]) -> list[Any]:
    if not isinstance(measure, dict) or word not in str(measure.get("series_id")):
        return [measure]
    return [
        measure
        | {"series_id": measure["series_id"].replace(word, key), "when": kind.when | measure.get("when", {})}
        for key, kind in kinds.items()
    ]
