"""How bytes become tidy rows: plain Python, without orchestrator or dbt."""
