{# The assets that carry most of a body's accumulated depreciation: at most 20, each at least one ten-thousandth of it. #}
with carrying as (

    select
        lines.area_code,
        lines.fiscal_year,
        lines.entity,
        lines.asset_no,
        lines.branch_no,
        lines.asset_name,
        lines.account_group,
        lines.account_class,
        lines.facility_type,
        lines.department,
        lines.renewal_fiscal_year,
        lines.cost,
        lines.accumulated,
        lines.source_file,
        lines.sheet,
        lines.row_no,
        total.depreciating_accumulated,
        row_number() over (
            partition by lines.area_code, lines.fiscal_year, lines.entity
            order by lines.accumulated desc, lines.source_file, lines.sheet, lines.row_no
        ) as place
    from {{ ref('int_register_line') }} as lines
    inner join {{ ref('register_rate') }} as total
        on
            lines.area_code = total.area_code
            and lines.fiscal_year = total.fiscal_year
            and lines.entity = total.entity
            and total.breakdown = 'total'
    where lines.is_depreciating and lines.accumulated * 10000 >= total.depreciating_accumulated and lines.accumulated > 0

)

select
    area_code,
    fiscal_year,
    entity,
    cast(place as integer) as place,
    asset_no,
    branch_no,
    asset_name,
    account_group,
    account_class,
    facility_type,
    department,
    renewal_fiscal_year,
    cast(cost as decimal(18, 0)) as acquisition_cost,
    cast(accumulated as decimal(18, 0)) as accumulated_depreciation,
    {{ percent_of('accumulated', 'cost') }} as depreciation_rate,
    {{ percent_of('accumulated', 'depreciating_accumulated') }} as share_of_accumulated,
    source_file,
    sheet,
    row_no
from carrying
where place <= 20
