{# The rate that follows from a register's lines beside the rate published of the same body and fiscal year, and by which of
   the known differences of reckoning the two would agree. #}
with accounts as (

    select
        area_code,
        fiscal_year,
        entity,
        {{ yen_sum("case when breakdown_value <> 'goods' then depreciating_cost end") }} as cost_without_goods,
        {{ yen_sum("case when breakdown_value <> 'goods' then depreciating_accumulated end") }} as accumulated_without_goods,
        {{ yen_sum("case when breakdown_value <> 'infrastructure' then depreciating_cost end") }} as cost_without_infrastructure,
        {{ yen_sum("case when breakdown_value <> 'infrastructure' then depreciating_accumulated end") }}
            as accumulated_without_infrastructure
    from {{ ref('register_rate') }}
    where breakdown = 'account_group'
    group by area_code, fiscal_year, entity

),

balance_sheets as (

    select
        area_code,
        fiscal_year,
        entity,
        {{ yen_sum('stated_cost') }} as stated_cost,
        {{ yen_sum('stated_accumulated') }} as stated_accumulated,
        {{ yen_sum('cost_difference') }} as cost_gap,
        {{ yen_sum('accumulated_difference') }} as accumulated_gap
    from {{ ref('register_total') }}
    where
        stated_in = 'balance_sheet'
        and account_class not in ('all', 'land', 'timber', 'construction_in_progress')
        and account_group in ('business', 'infrastructure', 'goods')
    group by area_code, fiscal_year, entity

),

rates as (

    select
        total.area_code,
        total.fiscal_year,
        total.entity,
        total.depreciation_rate as register_rate,
        total.depreciation_rate_on_book as register_rate_on_book,
        {{ percent_of('accounts.accumulated_without_goods', 'accounts.cost_without_goods') }} as rate_without_goods,
        {{ percent_of('accounts.accumulated_without_infrastructure', 'accounts.cost_without_infrastructure') }}
            as rate_without_infrastructure,
        {{ percent_of('balance_sheets.stated_accumulated', 'balance_sheets.stated_cost') }} as balance_sheet_rate,
        balance_sheets.cost_gap as balance_sheet_cost_gap,
        balance_sheets.accumulated_gap as balance_sheet_accumulated_gap,
        total.incomplete_line_count
    from {{ ref('register_rate') }} as total
    inner join accounts
        on
            total.area_code = accounts.area_code
            and total.fiscal_year = accounts.fiscal_year
            and total.entity = accounts.entity
    left join balance_sheets
        on
            total.area_code = balance_sheets.area_code
            and total.fiscal_year = balance_sheets.fiscal_year
            and total.entity = balance_sheets.entity
    {# What is published is of the general accounts. -#}
    where total.breakdown = 'total' and total.entity = 'general'

)

select
    rates.*,
    published.observation_id,
    published.source_id,
    cast(published.value as decimal(18, 4)) as published_rate,
    cast(published.value - rates.register_rate as decimal(18, 4)) as difference,
    cast(rates.balance_sheet_rate - rates.register_rate as decimal(18, 4)) as part_of_lines,
    cast(
        published.value - coalesce(rates.balance_sheet_rate, rates.register_rate) as decimal(18, 4)
    ) as unexplained,
    case
        when published.observation_id is null then 'not_published'
        when rates.register_rate is null then 'no_register_rate'
        {# Published rates have one decimal. -#}
        when abs(published.value - rates.register_rate) <= 0.05 then 'agrees'
        when abs(published.value - rates.balance_sheet_rate) <= 0.05 then 'lines_missing_or_doubled'
        when abs(published.value - rates.rate_without_goods) <= 0.05 then 'goods_left_out'
        when abs(published.value - rates.rate_without_infrastructure) <= 0.05 then 'infrastructure_left_out'
        when abs(published.value - rates.register_rate_on_book) <= 0.05 then 'book_values'
        else 'unexplained'
    end as explained_by
from rates
left join {{ ref('fct_observation') }} as published
    on
        rates.area_code = published.area_code
        and rates.fiscal_year = published.fiscal_year
        and published.item_id = 'asset_depreciation_rate'
        and published.is_latest
        and published.value_status = 'reported'
        and published.observation_status in ('final', 'preliminary')
