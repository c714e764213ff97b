"""What dbt-duckdb loads before it attaches the lake: extensions from their wheels, and the key of the object store."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.lake.connection import Lake


class Plugin(BasePlugin):
    """The name by which dbt-duckdb finds it (target `lake` in dbt_project/profiles.yml)."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read where the lake is; raise LakeNotConfiguredError."""
        self._lake = Lake.from_environment()

    def configure_connection(self, conn: Any) -> None:
        """Prepare the connection for the lake's ATTACH."""
        self._lake.prepare(conn)
