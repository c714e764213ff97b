-- Which bodies apply enterprise accounting in all their sewerage businesses on each 1 April, and how many people they
-- have on it; derived from the days of the businesses that are alive in the newest yearbook.
with day as (

    select distinct make_date(cast(year(applied_on) as integer), 4, 1) as as_of_date
    from {{ ref('int_sewerage_application') }}
    where applied_on >= date '2008-04-01'

),

scoped as (

    select
        'all_sewerage' as scope,
        area_code,
        applied_on
    from {{ ref('int_sewerage_application') }}
    union all
    select
        'priority_sewerage' as scope,
        area_code,
        applied_on
    from {{ ref('int_sewerage_application') }}
    where is_priority

),

body as (

    select
        scoped.scope,
        day.as_of_date,
        scoped.area_code,
        min(case when scoped.applied_on <= day.as_of_date then 1 else 0 end) as is_applied
    from scoped
    cross join day
    group by scoped.scope, day.as_of_date, scoped.area_code

),

population as (

    select
        day.as_of_date,
        figure.area_code,
        figure.value,
        row_number() over (
            partition by day.as_of_date, figure.area_code order by figure.as_of_date desc, figure.observation_id
        ) as age
    from {{ ref('fct_observation') }} as figure
    inner join day on figure.as_of_date <= day.as_of_date
    where
        figure.item_id = 'population'
        and figure.source_id = 'soumu__resident_population'
        and figure.is_latest
        and figure.value is not null

)

select
    body.scope,
    body.as_of_date,
    body.area_code,
    body.is_applied,
    case
        when population.value >= 30000 then 'bodies_pop_30k_or_more'
        when population.value < 30000 then 'bodies_pop_under_30k'
    end as body_scope
from body
left join population
    on body.area_code = population.area_code and body.as_of_date = population.as_of_date and population.age = 1
