{# Texts of uses and assets that no word of the mapping knows, most accumulated depreciation first. #}
with summed as (

    select
        area_code,
        fiscal_year,
        entity,
        coalesce(use_name, '') as use_name,
        {{ without_digits("coalesce(asset_name, '')") }} as asset_name,
        count(*) as line_count,
        {{ yen_sum('cost') }} as acquisition_cost,
        {{ yen_sum('accumulated') }} as accumulated_depreciation
    from {{ ref('int_register_line') }}
    where is_depreciating and facility_type = 'unknown'
    group by
        area_code, fiscal_year, entity, coalesce(use_name, ''), {{ without_digits("coalesce(asset_name, '')") }}

),

placed as (

    select
        *,
        row_number() over (
            partition by area_code, fiscal_year, entity
            order by acquisition_cost desc, use_name, asset_name
        ) as place
    from summed

)

select
    area_code,
    fiscal_year,
    entity,
    cast(place as integer) as place,
    use_name,
    asset_name,
    line_count,
    acquisition_cost,
    accumulated_depreciation
from placed
where place <= 100
