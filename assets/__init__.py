"""When and in what order: thin Dagster assets, generated from `sources/` and from the dbt project."""
