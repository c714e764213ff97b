-- By what bodies are near each other: size, fiscal capacity, households, births, deaths. They describe a body, not how
-- well it does. Each on its newest day for municipalities.
with figure as (

    select
        figure.item_id,
        figure.area_code,
        figure.as_of_date,
        figure.value,
        row_number() over (
            partition by figure.item_id, figure.area_code, figure.as_of_date
            order by figure.is_secondary, figure.known_on desc, figure.observation_id
        ) as preference,
        max(figure.as_of_date) over (partition by figure.item_id) as newest_on
    from {{ ref('fct_observation') }} as figure
    inner join {{ ref('dim_area') }} as area
        on
            figure.area_code = area.area_code
            and {{ valid_on('area.valid_from', 'area.valid_to', 'figure.as_of_date') }}
            and area.area_type in {{ municipal_types() }}
    where
        figure.is_latest
        and figure.value is not null
        and figure.body_scope = 'each_body'
        and (
            figure.series_id in (
                'population__register_total', 'households__register_total', 'births__register_total',
                'deaths__register_total'
            )
            or figure.item_id = 'fiscal_strength_index'
        )

),

newest as (

    select
        area_code,
        max(case when item_id = 'population' then as_of_date end) as counted_on,
        max(case when item_id = 'population' then value end) as population,
        max(case when item_id = 'households' then value end) as households,
        max(case when item_id = 'births' then value end) as births,
        max(case when item_id = 'deaths' then value end) as deaths,
        max(case when item_id = 'fiscal_strength_index' then as_of_date end) as settled_on,
        max(case when item_id = 'fiscal_strength_index' then value end) as fiscal_strength_index
    from figure
    where preference = 1 and as_of_date = newest_on
    group by area_code

),

-- Bodies that exist on the day of the run.
body as (

    select area_code
    from {{ ref('dim_area') }}
    where
        area_type in {{ municipal_types() }}
        and {{ valid_on('valid_from', 'valid_to', run_date()) }}

),

feature as (

    select area_code, 'births_per_1000' as feature, counted_on as as_of_date,
        1000 * cast(births as double) / nullif(cast(population as double), 0) as value
    from newest
    union all
    select area_code, 'deaths_per_1000' as feature, counted_on as as_of_date,
        1000 * cast(deaths as double) / nullif(cast(population as double), 0) as value
    from newest
    union all
    select area_code, 'fiscal_strength_index' as feature, settled_on as as_of_date,
        cast(fiscal_strength_index as double) as value
    from newest
    union all
    select area_code, 'household_size' as feature, counted_on as as_of_date,
        cast(population as double) / nullif(cast(households as double), 0) as value
    from newest
    union all
    select area_code, 'log_population' as feature, counted_on as as_of_date,
        ln(nullif(cast(population as double), 0)) as value
    from newest

)

select
    body.area_code,
    named.feature,
    feature.as_of_date,
    feature.value
from body
cross join (select distinct feature from feature) as named
left join feature on body.area_code = feature.area_code and named.feature = feature.feature
