{# Each line with the rules that it breaks, one column a rule; what is not known breaks none. Amounts in thousands are rounded one
   by one, so that they tie to a unit, and a memo price of 1 yen cannot be seen in them. #}
{{ config(materialized='view', schema='register', contract={'enforced': false}) }}

with judged as (

    select
        lines.*,
        chosen.convention,
        lines.account_group is null
        or lines.account_class is null
        or (lines.account_group = 'unspecified' and lines.account_class = 'other') as unknown_account,
        lines.cost is null or lines.accumulated is null and lines.is_depreciating as amount_missing,
        coalesce(
            abs(lines.book_value - (lines.acquisition_cost - lines.accumulated_depreciation)) >= 2 * lines.unit_yen - 1, false
        ) as book_value_differs,
        coalesce(lines.accumulated > lines.cost, false) as accumulated_over_cost,
        coalesce(
            lines.is_depreciating and lines.cost > 0 and lines.accumulated = lines.cost and lines.unit_yen = 1, false
        ) as memo_floor_missing,
        coalesce(lines.cost < 0 or lines.accumulated < 0 or lines.book < 0, false) as negative_amount,
        lines.is_never_depreciated
        and (coalesce(lines.accumulated, 0) > 0 or coalesce(lines.depreciation_year, 0) > 0) as never_depreciated,
        lines.is_depreciating
        and coalesce(lines.useful_life_years, 0) <= 0
        and coalesce(lines.accumulated, 0) > 0 as life_missing,
        lines.is_depreciating and lines.used_from is null and coalesce(lines.accumulated, 0) > 0 as date_missing,
        coalesce(
            {{ fiscal_year('lines.acquired_on') }} > lines.fiscal_year, false
        ) or coalesce({{ fiscal_year('lines.in_use_on') }} > lines.fiscal_year, false) as date_after_year_end,
        lines.duplicate_of_row is not null as duplicate_number,
        coalesce(lines.depreciation_year >= lines.accumulated + lines.unit_yen, false) as year_over_accumulated,
        coalesce(
            abs(lines.book_value_before + lines.increase_amount - lines.decrease_amount - lines.book_value) >= 2 * lines.unit_yen - 1
            and abs(
                lines.book_value_before
                + lines.increase_amount
                - lines.decrease_amount
                - lines.depreciation_year
                - lines.book_value
            ) >= 2 * lines.unit_yen - 1, false
        ) as change_differs,
        coalesce(
            case chosen.convention
                {%- for convention in depreciation_conventions() %}
                when '{{ convention.id }}' then not lines.{{ convention.id }}
                {%- endfor %}
            end, false
        ) as straight_line_differs
    from {{ ref('int_register_tested') }} as lines
    left join {{ ref('register_convention') }} as chosen
        on
            lines.area_code = chosen.area_code
            and lines.fiscal_year = chosen.fiscal_year
            and lines.entity = chosen.entity
            and chosen.is_applied

)

select
    *,
    {{ line_rules() | join(' or ') }} as breaks_a_rule
from judged
