{# Each line with whether each convention of straight-line depreciation gives what it prints; nothing where a line lacks what
   that is computed from. #}
{{ config(materialized='view', schema='register', contract={'enforced': false}) }}

with judged as (

    select
        *,
        coalesce(
            is_depreciating
            and cost > 1
            and accumulated >= 0
            and useful_life_years between 2 and 200
            and years_in_use between 0 and 500, false
        ) as is_testable
    from {{ ref('int_register_line') }}

),

rated as (

    select
        *,
        case when is_testable then useful_life_years end as tested_life,
        case
            when is_testable
                then cast({{ whole_quotient('1000 + useful_life_years - 1', 'case when is_testable then useful_life_years else 1 end') }} as integer)
        end as permille_a_year
    from judged

)

select
    *,
    is_testable and years_in_use > 0 and years_in_use + 1 < useful_life_years as tells_conventions_apart,
    {% for convention in depreciation_conventions() -%}
    {{ follows_convention(convention) }} as {{ convention.id }}{{ "," if not loop.last }}
    {% endfor %}
from rated
