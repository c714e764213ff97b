{# Each line with what follows from it alone: amounts that it leaves out but implies, its age, its facility type.
   A view: a nation's lines are not copied. #}
{{ config(materialized='view', schema='register', contract={'enforced': false}) }}

with lines as (

    select
        lines.*,
        coalesce(acquisition_cost, book_value + accumulated_depreciation) as cost,
        coalesce(accumulated_depreciation, acquisition_cost - book_value) as accumulated,
        coalesce(book_value, acquisition_cost - accumulated_depreciation) as book,
        coalesce(in_use_on, acquired_on) as used_from,
        coalesce(acquired_on, in_use_on) as held_from,
        {# A building is tangible also where a register does not tell business from infrastructure assets; 'other' is then anything. -#}
        coalesce(account_group, 'unknown') in ('business', 'infrastructure', 'goods')
        or (
            coalesce(account_group, 'unknown') = 'unspecified'
            and coalesce(account_class, 'unknown') in ('building', 'structure', 'vessel', 'floating', 'aircraft')
        ) as is_tangible,
        coalesce(account_class, 'unknown') in ('land', 'timber', 'construction_in_progress') as is_never_depreciated
    from {{ ref('stg_register_line') }} as lines

)

select
    lines.*,
    lines.is_tangible and lines.account_class is not null and not lines.is_never_depreciated as is_depreciating,
    coalesce(of_use.facility_type, of_name.facility_type, 'unknown') as facility_type,
    {{ fiscal_year('lines.held_from') }} - {{ fiscal_year('lines.held_from') }} % 10 as acquisition_decade,
    {{ fiscal_year('lines.used_from') }} as in_use_fiscal_year,
    lines.fiscal_year - {{ fiscal_year('lines.used_from') }} as years_in_use,
    lines.fiscal_year * 12 + 15 - (year(lines.used_from) * 12 + month(lines.used_from)) as months_in_use,
    cast({{ fiscal_year('lines.used_from') }} + lines.useful_life_years as bigint) as renewal_fiscal_year
from lines
left join {{ ref('int_register_facility') }} as of_use
    on {{ without_digits('lines.use_name') }} = of_use.facility_text
left join {{ ref('int_register_facility') }} as of_name
    on {{ without_digits('lines.asset_name') }} = of_name.facility_text
