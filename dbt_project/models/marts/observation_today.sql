{{ config(materialized='view', contract={'enforced': false}) }}
{# Without the database's name, so that the view works in a file attached under any alias. #}
{%- set whole %}
    grouped.members = 1 and (
        expected.bodies = 1
        or (
            grouped.former_codes = [grouped.today_code]
            and grouped.series_id in ('{{ var('series_on_present_boundaries') | join("', '") }}')
        )
    )
{%- endset %}
-- Figures of bodies on today's boundaries: additive items of merged bodies are summed, a ratio is recomputed from its
-- published numerator and denominator, and nothing else is computed. Where the publisher has regrouped the figures of the
-- past itself, they stand as they are.
with member as (

    select
        figure.*,
        today.today_code,
        item.is_additive
    from {{ ref('fct_observation') }} as figure
    inner join {{ ref('dim_area_today') }} as today on figure.area_code = today.area_code
    inner join {{ ref('dim_item') }} as item on figure.item_id = item.item_id
    where figure.is_latest and figure.body_scope = 'each_body' and figure.as_of_date is not null

),

expected as (

    select
        day.as_of_date,
        today.today_code,
        count(distinct area.area_code) as bodies
    from (select distinct as_of_date from member) as day
    inner join {{ ref('dim_area') }} as area
        on area.valid_from <= day.as_of_date and (area.valid_to is null or day.as_of_date < area.valid_to)
    inner join {{ ref('dim_area_today') }} as today on area.area_code = today.area_code
    group by day.as_of_date, today.today_code

),

grouped as (

    select
        item_id,
        series_id,
        source_id,
        today_code,
        statistic,
        as_of_date,
        max(fiscal_year) as fiscal_year,
        max(unit) as unit,
        bool_and(is_additive) as is_additive,
        count(distinct area_code) as members,
        list_sort(list(distinct area_code)) as former_codes,
        count(value) as members_with_value,
        sum(value) as total,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(numerator / nullif(denominator, 0)) as members_with_parts,
        any_value(value) as only_value,
        any_value(value_status) as only_status,
        case when count(*) = 1 then any_value(observation_id) end as observation_id
    from member
    group by item_id, series_id, source_id, today_code, statistic, as_of_date

)

select
    grouped.item_id,
    item.name_ja as item_name_ja,
    grouped.series_id,
    grouped.today_code as area_code,
    area.area_name_ja,
    area.area_type,
    area.prefecture_code,
    area.prefecture_name_ja,
    grouped.statistic,
    grouped.as_of_date,
    grouped.fiscal_year,
    case
        when {{ whole }} then grouped.only_value
        when grouped.is_additive and grouped.members_with_value = expected.bodies then grouped.total
        when not grouped.is_additive and grouped.members_with_parts = expected.bodies
            then cast(
                case when grouped.unit = '%' then 100 else 1 end
                * cast(grouped.numerator as double) / cast(grouped.denominator as double) as decimal(38, 10)
            )
    end as value,
    grouped.unit,
    case
        when expected.bodies = 1 and grouped.members = 1 then grouped.only_status
        when {{ whole }} then case when grouped.only_status = 'reported' then 'regrouped' else grouped.only_status end
        when not grouped.is_additive and grouped.members_with_parts = expected.bodies then 'recomputed'
        when not grouped.is_additive then 'not_additive'
        when grouped.members_with_value = expected.bodies then 'summed'
        else 'incomplete'
    end as value_status,
    expected.bodies as bodies_then,
    case
        when not {{ whole }} or grouped.former_codes <> [grouped.today_code] then grouped.former_codes
    end as former_area_codes,
    grouped.observation_id,
    grouped.source_id
from grouped
inner join expected on grouped.today_code = expected.today_code and grouped.as_of_date = expected.as_of_date
left join {{ ref('dim_item') }} as item on grouped.item_id = item.item_id
left join ({{ named_areas() }}) as area on grouped.today_code = area.area_code
