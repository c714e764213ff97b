-- The national row of every measure on the day of the run, judged on the plan's own target, its successor beside it.
-- depends_on: {{ ref('kpi_progress') }} {{ ref('dim_measure') }} {{ ref('dim_kpi') }} {{ ref('dim_publication') }}
-- depends_on: {{ ref('dim_target') }} {{ ref('fct_observation') }}
{{ config(post_hook="{{ as_of_table(scorecard('(select * from ' ~ ref('kpi_progress') ~ ' where ' ~ holds_on(on_day()) ~ ')', on_day())) }}") }}
{{ scorecard('(select * from ' ~ ref('kpi_progress') ~ ' where ' ~ holds_on(run_date()) ~ ')', run_date()) }}
