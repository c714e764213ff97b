{{ config(materialized='view', contract={'enforced': false}) }}
-- One row a body and fiscal year, the common items as columns; within a year the newest day stands. A year in which an
-- item has figures of several definitions has none here.
with of_year as (

    select *
    from {{ ref('fct_observation') }} as figure
    where
        {{ is_measured('figure') }}
        and figure.body_scope = 'each_body'
        and figure.fiscal_year is not null
        and (
            {%- for item, series in wide_items().items() %}
            {{ 'or ' if not loop.first }}figure.{{ "series_id = '" ~ series ~ "'" if series else "item_id = '" ~ item ~ "'" }}
            {%- endfor %}
        )
    qualify row_number() over (
        partition by item_id, series_id, area_code, statistic, fiscal_year order by {{ newest_first() }}
    ) = 1

),

of_item as (

    select
        fiscal_year,
        area_code,
        item_id,
        case when count(*) = 1 then any_value(value) end as value,
        case when count(*) = 1 then any_value(value_status) else 'several_series' end as value_status
    from of_year
    group by fiscal_year, area_code, item_id

),

wide as (

    select
        fiscal_year,
        area_code,
        {%- for item in wide_items() %}
        max(case when item_id = '{{ item }}' then value end) as {{ item }},
        {%- endfor %}
        string_agg(case when value is null then item_id || '=' || value_status end, '; ' order by item_id) as blanks
    from of_item
    group by fiscal_year, area_code

)

select
    wide.fiscal_year,
    wide.area_code,
    area.area_name_ja,
    area.area_type,
    area.prefecture_code,
    area.prefecture_name_ja,
    area.area_exists_today,
    {%- for item in wide_items() %}
    wide.{{ item }},
    {%- endfor %}
    wide.blanks
from wide
left join ({{ named_areas() }}) as area on wide.area_code = area.area_code
