{# By which convention a body depreciates: the one that gives the printed figure on most of its lines. #}
{%- set keys = 'area_code, fiscal_year, entity' %}
with counted as (

    select
        {{ keys }},
        count(*) as lines_tested
        {%- for convention in depreciation_conventions() %},
        cast(sum(case when {{ convention.id }} then 1 else 0 end) as bigint) as {{ convention.id }}
        {%- endfor %}
    from {{ ref('int_register_tested') }}
    where tells_conventions_apart
    group by {{ keys }}

),

listed as (
    {%- for convention in depreciation_conventions() %}

    select
        {{ keys }},
        '{{ convention.id }}' as convention,
        {{ loop.index }} as position,
        lines_tested,
        {{ convention.id }} as lines_matched
    from counted
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

placed as (

    select
        *,
        row_number() over (partition by {{ keys }} order by lines_matched desc, position) as place
    from listed

)

select
    {{ keys }},
    convention,
    lines_tested,
    lines_matched,
    {{ percent_of('lines_matched', 'lines_tested') }} as matched_percent,
    place = 1 and lines_matched * 2 >= lines_tested as is_applied
from placed
