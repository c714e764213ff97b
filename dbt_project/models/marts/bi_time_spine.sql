-- Every day that a figure may be about, for tools that join metrics to a calendar (MetricFlow). A view: nothing is stored.
select cast(unnest(generate_series(date '1950-01-01', date '2059-12-31', interval 1 day)) as date) as date_day
