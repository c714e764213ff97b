{# Totals that a register or its body's balance sheet states, against the sum of the lines. #}
with lines as (

    select
        area_code,
        fiscal_year,
        entity,
        snapshot_sha256,
        sheet,
        account_group,
        account_class,
        {{ yen_sum('cost') }} as cost,
        {{ yen_sum('accumulated') }} as accumulated,
        {{ yen_sum('book') }} as book
    from {{ ref('int_register_line') }}
    group by area_code, fiscal_year, entity, snapshot_sha256, sheet, account_group, account_class

),

compared as (

    select
        stated.area_code,
        stated.fiscal_year,
        stated.entity,
        coalesce(stated.account_group, 'all') as account_group,
        coalesce(stated.account_class, 'all') as account_class,
        stated.stated_in,
        stated.label,
        stated.unit_yen,
        stated.source_file,
        stated.snapshot_sha256,
        stated.sheet,
        stated.row_no,
        max(stated.acquisition_cost) as stated_cost,
        max(stated.accumulated_depreciation) as stated_accumulated,
        max(stated.book_value) as stated_book_value,
        {{ yen_sum('lines.cost') }} as lines_cost,
        {{ yen_sum('lines.accumulated') }} as lines_accumulated,
        {{ yen_sum('lines.book') }} as lines_book_value
    from {{ ref('stg_register_total') }} as stated
    left join lines
        on
            stated.area_code = lines.area_code
            and stated.fiscal_year = lines.fiscal_year
            and stated.entity = lines.entity
            and (stated.account_group is null or stated.account_group = lines.account_group)
            and (stated.account_class is null or stated.account_class = lines.account_class)
            and (
                stated.stated_in = 'balance_sheet'
                or (stated.snapshot_sha256 = lines.snapshot_sha256 and stated.sheet = lines.sheet)
            )
    group by
        stated.area_code, stated.fiscal_year, stated.entity, stated.account_group, stated.account_class, stated.stated_in,
        stated.label, stated.unit_yen, stated.source_file, stated.snapshot_sha256, stated.sheet, stated.row_no

)

select
    *,
    {%- for amount in ['cost', 'accumulated', 'book_value'] %}
    cast(lines_{{ amount }} - stated_{{ amount }} as decimal(28, 0)) as {{ amount }}_difference,
    {%- endfor %}
    not (
        {%- for amount in ['cost', 'accumulated', 'book_value'] %}
        {# A total in thousands is rounded or cut off. -#}
        coalesce(abs(lines_{{ amount }} - stated_{{ amount }}) >= unit_yen, false){{ " or" if not loop.last }}
        {%- endfor %}
    ) as agrees
from compared
