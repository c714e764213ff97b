-- Residents by the register, once for each body and day; the transcribed denominators of the card counts stand in
-- for the days of which the register's own table is not held.
select
    area_code,
    as_of_date,
    cast(value as decimal(18, 0)) as population
from (
    select
        area_code,
        as_of_date,
        value,
        row_number() over (
            partition by area_code, as_of_date order by is_secondary, known_on desc, observation_id
        ) as preference
    from {{ ref('fct_observation') }}
    where
        item_id = 'population'
        and series_id in (
            'population__register_japanese', 'population__register_total', 'population__mynumber_denominator'
        )
        and body_scope = 'each_body'
        and area_code <> '{{ var("nation") }}'
        and is_latest
        and value is not null
) as figure
where preference = 1
