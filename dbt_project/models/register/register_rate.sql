{# The depreciation rate in total and by account, facility type, department and decade, in one pass over the lines. #}
with summed as (

    select
        area_code,
        fiscal_year,
        entity,
        account_group,
        account_class,
        facility_type,
        department,
        acquisition_decade,
        grouping(account_group) as any_group,
        grouping(account_class) as any_class,
        grouping(facility_type) as any_type,
        grouping(department) as any_department,
        grouping(acquisition_decade) as any_decade,
        count(*) as line_count,
        cast(sum(case when is_depreciating then 1 else 0 end) as bigint) as depreciating_line_count,
        cast(sum(case when is_depreciating and (cost is null or accumulated is null) then 1 else 0 end) as bigint)
            as incomplete_line_count,
        {{ yen_sum('cost') }} as acquisition_cost,
        {{ yen_sum('accumulated') }} as accumulated_depreciation,
        {{ yen_sum('book') }} as book_value,
        {{ yen_sum('case when is_depreciating and accumulated is not null then cost end') }} as depreciating_cost,
        {{ yen_sum('case when is_depreciating and cost is not null then accumulated end') }} as depreciating_accumulated,
        {{ yen_sum('case when is_depreciating and accumulated is not null then book end') }} as depreciating_book_value
    from {{ ref('int_register_line') }}
    group by
        grouping sets (
            (area_code, fiscal_year, entity),
            (area_code, fiscal_year, entity, account_group),
            (area_code, fiscal_year, entity, account_group, account_class),
            (area_code, fiscal_year, entity, facility_type),
            (area_code, fiscal_year, entity, department),
            (area_code, fiscal_year, entity, acquisition_decade)
        )

),

named as (

    select
        *,
        case
            when any_class = 0 then 'account'
            when any_group = 0 then 'account_group'
            when any_type = 0 then 'facility_type'
            when any_department = 0 then 'department'
            when any_decade = 0 then 'acquisition_decade'
            else 'total'
        end as breakdown,
        case
            when any_class = 0 then concat(coalesce(account_group, 'unknown'), '/', coalesce(account_class, 'unknown'))
            when any_group = 0 then coalesce(account_group, 'unknown')
            when any_type = 0 then facility_type
            when any_department = 0 then coalesce(department, 'unknown')
            when any_decade = 0 then coalesce(cast(acquisition_decade as string), 'unknown')
            else 'total'
        end as breakdown_value
    from summed

)

select
    area_code,
    fiscal_year,
    entity,
    breakdown,
    breakdown_value,
    line_count,
    depreciating_line_count,
    incomplete_line_count,
    acquisition_cost,
    accumulated_depreciation,
    book_value,
    depreciating_cost,
    depreciating_accumulated,
    depreciating_book_value,
    {{ percent_of('depreciating_accumulated', 'depreciating_cost') }} as depreciation_rate,
    {{ percent_of('depreciating_accumulated', '(depreciating_book_value + depreciating_accumulated)') }}
        as depreciation_rate_on_book,
    case
        when depreciating_line_count = 0 then 'not_depreciating'
        when depreciating_cost <= 0 then 'no_cost'
        when depreciating_accumulated < 0 then 'negative_amount'
    end as rate_missing_reason
from named
