{# What was spent on the assets whose useful life ends in each fiscal year; those that outlived it by the register's day apart. #}
with summed as (

    select
        area_code,
        fiscal_year,
        entity,
        renewal_fiscal_year,
        account_group,
        account_class,
        facility_type,
        grouping(account_class) as any_class,
        grouping(facility_type) as any_type,
        count(*) as line_count,
        cast(sum(case when cost <= 1 then 1 else 0 end) as bigint) as memo_line_count,
        {{ yen_sum('cost') }} as renewal_cost
    from {{ ref('int_register_line') }}
    where is_depreciating
    group by
        grouping sets (
            (area_code, fiscal_year, entity, renewal_fiscal_year),
            (area_code, fiscal_year, entity, renewal_fiscal_year, account_group, account_class),
            (area_code, fiscal_year, entity, renewal_fiscal_year, facility_type)
        )

)

select
    area_code,
    fiscal_year,
    entity,
    case when any_class = 0 then 'account' when any_type = 0 then 'facility_type' else 'total' end as breakdown,
    case
        when any_class = 0 then concat(coalesce(account_group, 'unknown'), '/', coalesce(account_class, 'unknown'))
        when any_type = 0 then facility_type
        else 'total'
    end as breakdown_value,
    renewal_fiscal_year,
    case
        when renewal_fiscal_year is null then 'unknown'
        when renewal_fiscal_year <= fiscal_year then 'overdue'
        else 'due'
    end as renewal_status,
    line_count,
    memo_line_count,
    renewal_cost
from summed
