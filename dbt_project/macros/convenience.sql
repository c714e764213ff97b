{# What the views for analysts share: names beside codes, which figures count as measured, years and items as columns. #}

{# One row a code: the newest name that the body had, its prefecture, and whether it exists today. #}
{% macro named_areas() -%}
    select
        area.area_code,
        area.name_ja as area_name_ja,
        area.name_kana as area_name_kana,
        area.area_type,
        area.prefecture_code,
        prefecture.name_ja as prefecture_name_ja,
        area.valid_to is null as area_exists_today
    from (
        select
            *,
            row_number() over (partition by area_code order by valid_from desc) as newness
        from {{ ref('dim_area') }}
    ) as area
    left join {{ ref('dim_area') }} as prefecture
        on area.prefecture_code = prefecture.area_code and prefecture.valid_to is null
    where area.newness = 1
{%- endmacro %}

{# Figures that say what was, not what somebody expects or claims; the newest vintage of each. #}
{% macro is_measured(figure) -%}
    {{ figure }}.is_latest and {{ figure }}.observation_status in ('final', 'preliminary', 'derived')
{%- endmacro %}

{# Of several figures of one series and body the one that stands: measured before derived, then the newest day. #}
{% macro newest_first() -%}
    case observation_status when 'derived' then 2 else 1 end, as_of_date desc, enters_verdict desc, observation_id
{%- endmacro %}

{# The fiscal years that have a column: from the variable's to the one of the run. #}
{% macro wide_years() -%}
    {%- set day = var('run_date') | string -%}
    {%- set year = day[:4] | int - (1 if day[5:7] | int < 4 else 0) -%}
    {{ return(range(var('wide_from_fiscal_year'), [year, var('wide_from_fiscal_year')] | max + 1) | list) }}
{%- endmacro %}

{# Comments of the columns of years, which no list of columns can name. #}
{% macro comment_on_years(relation) -%}
    {%- for year in wide_years() %}
    comment on column {{ relation.include(database=false) }}.fy{{ year }} is
    '{{ year }}年度の値（unit の単位）。空は、数値を保有しないか、公表元が空とした年度（理由は blanks）';
    {%- endfor %}
{%- endmacro %}

{# The items of bodies that have a column, each with the one series it shows where its definition changed. #}
{% macro wide_items() -%}
    {{ return({
        'population': 'population__register_total',
        'households': 'households__register_total',
        'births': 'births__register_total',
        'deaths': 'deaths__register_total',
        'social_increase': 'social_increase__register_total',
        'fiscal_strength_index': none,
        'ordinary_balance_ratio': none,
        'debt_service_ratio': none,
        'future_burden_ratio': none,
        'laspeyres_index': none,
        'standard_fiscal_need': none,
        'standard_fiscal_revenue': none,
        'ordinary_allocation_tax': none,
        'asset_depreciation_rate': none,
        'per_capita_cost_accrual': none,
        'per_capita_cost_cash': none,
        'per_capita_assets': none,
        'per_capita_liabilities': none,
        'net_asset_ratio': none,
        'future_generation_burden_ratio': none,
        'beneficiary_burden_ratio': none,
        'mynumber_cards_issued': none,
        'mynumber_card_rate': none,
        'system_standardisation_rate': none,
        'cloud_adopted': none,
        'cloud_shared': none,
        'konbini_issuance_available': none,
    }) }}
{%- endmacro %}

{# A number for the values of some columns: the same for the same, and hardly ever the same for others. Rows are grouped by it
   first where there are so many that their texts would not fit the memory. #}
{% macro row_hash(columns) -%} {{ return(adapter.dispatch('row_hash')(columns)) }} {%- endmacro %}

{% macro default__row_hash(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}

{% macro spark__row_hash(columns) -%} xxhash64({{ columns | join(', ') }}) {%- endmacro %}
