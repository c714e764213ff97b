"""Made-up answers of the e-Stat API and a local server that gives them."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = dict[str, Any]
Value = dict[str, str]
Give = Callable[[str, dict[str, str]], tuple[int, Any]]

TABLE = "0000099999"
NOTES = {"***": "調査していないもの", "-": "データが得られないもの"}
YEARS = {"00": "年", "10": "年度"}


class Api:
    """A local server that answers as `give` says; `asked` are the functions and parameters of the requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.give: Give = lambda function, parameters: (404, {})
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                parameters = {name: given[0] for name, given in parse_qs(parts.query).items()}
                function = parts.path.rsplit("/", 1)[-1]
                api.asked.append((function, parameters))
                status, document = api.give(function, parameters)
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/rest/3.0/app/json"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def value(area: str, time: str, text: str, item: str = "A1101", unit: str = "人", **more: str) -> Value:
    """Return one VALUE; `more` are further attributes such as `annotation`."""
    given = {"@tab": "00001", "@cat01": item, "@area": area, "@time": time, "@unit": unit, "$": text}
    return given | {f"@{name}": text for name, text in more.items()}


def _classes(codes: Sequence[str], names: dict[str, str]) -> Any:
    given = [{"@code": code, "@name": names.get(code, code), "@level": "1"} for code in dict.fromkeys(codes)]
    return given[0] if len(given) == 1 else given


def answer(
    values: Sequence[Value], names: dict[str, str], *, whole: Sequence[Value] = (), start: int = 1,
    table: str = TABLE, notes: dict[str, str] | None = None, given_at: str = "2026-01-15", **facts: Any,
) -> Answer:  # fmt: skip
    """Return an answer with some of the values of a table; `names` of areas by code, `facts` of the table."""
    whole = whole or values
    counted = {"TOTAL_NUMBER": len(whole), "FROM_NUMBER": start, "TO_NUMBER": start + len(values) - 1}
    if start + len(values) <= len(whole):
        counted["NEXT_KEY"] = start + len(values)
    times = {one["@time"]: f"{one['@time'][:4]}{YEARS[one['@time'][4:6]]}" for one in whole}
    dimensions = [
        {"@id": "tab", "@name": "観測値", "CLASS": _classes(["00001"], {"00001": "観測値"})},
        {"@id": "cat01", "@name": "項目", "CLASS": _classes([one["@cat01"] for one in whole], {})},
        {"@id": "area", "@name": "地域", "CLASS": _classes([one["@area"] for one in whole], names)},
        {"@id": "time", "@name": "調査年", "CLASS": _classes(list(times), times)},
    ]
    legend = NOTES if notes is None else notes
    data = {
        "RESULT_INF": counted,
        "TABLE_INF": {
            "@id": table, "STATISTICS_NAME": "作り物の統計", "TITLE": {"@no": "1", "$": "人口"}, "SURVEY_DATE": 0,
            "OPEN_DATE": "2025-06-20", "UPDATED_DATE": "2025-06-30",
        } | facts,
        "CLASS_INF": {"CLASS_OBJ": dimensions},
        "DATA_INF": {"NOTE": [{"@char": mark, "$": text} for mark, text in legend.items()], "VALUE": [dict(one) for one in values]},
    }  # fmt: skip
    result = {"STATUS": 0, "ERROR_MSG": "正常に終了しました。", "DATE": f"{given_at}T09:00:00.000+09:00"}
    parameter = {"LANG": "J", "STATS_DATA_ID": table, "START_POSITION": start}
    return {"GET_STATS_DATA": {"RESULT": result, "PARAMETER": parameter, "STATISTICAL_DATA": data}}


def pages(
    values: Sequence[Value], names: dict[str, str], size: int, given_at: str = "2026-01-15"
) -> list[Answer]:
    """Return a table in answers of so many values each."""
    return [
        answer(
            values[start : start + size], names, whole=values, start=start + 1, given_at=given_at
        )
        for start in range(0, len(values), size)
    ]  # fmt: skip


def refusal(status: int, said: str) -> Answer:
    """Return an answer without data."""
    result = {"STATUS": status, "ERROR_MSG": said, "DATE": "2026-01-15T09:00:00.000+09:00"}
    return {"GET_STATS_DATA": {"RESULT": result, "PARAMETER": {"STATS_DATA_ID": TABLE}}}
