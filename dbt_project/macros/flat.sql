{# What the flat views share. #}

{# Each area once, with labels and no blanks: the nation is its own prefecture, known to maps as JP (ISO 3166-2). #}
{% macro labelled_areas() -%}
    select
        area_code,
        area_name_ja,
        coalesce(area_name_kana, '') as area_name_kana,
        area_type,
        {{ in_words('area_type', 'area_type') }} as area_type_ja,
        area_exists_today as area_is_current,
        coalesce(prefecture_code, area_code) as prefecture_code,
        coalesce(prefecture_name_ja, area_name_ja) as prefecture_name_ja,
        case when prefecture_code is not null then concat('JP-', substr(prefecture_code, 1, 2)) else 'JP' end
            as prefecture_iso
    from ({{ named_areas() }}) as named
{%- endmacro %}

{# Why nothing can be computed from baseline and target: of the columns of a verdict and its target. #}
{% macro why_no_progress() -%}
    case
        when
            reason_code in (
                'MONITOR_ONLY', 'NO_TARGET', 'TARGET_PENDING', 'DIRECTION', 'DEADLINE_PENDING', 'SERIES_BREAK', 'NO_DATA'
            )
            then reason_code
        when baseline_value is null then 'NO_BASELINE'
        when baseline_value = target_value then 'TARGET_EQUALS_BASELINE'
        when baseline_date >= target_date then 'BASELINE_AFTER_DEADLINE'
        else 'BASELINE_ONLY'
    end
{%- endmacro %}

{# Columns of a view, in the order in which both halves of a union must have them. #}
{% macro columns_of(names) -%}
    {{ names | join(',\n    ') }}
{%- endmacro %}

{# Comments on the columns of a view, which dbt writes for tables only. #}
{% macro comment_columns() -%}
    {{ return(adapter.dispatch('comment_columns', 'mieruka')()) }}
{%- endmacro %}

{% macro default__comment_columns() -%}
    {% for name, column in model.columns.items() -%}
    comment on column {{ this }}.{{ name }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor %}
{%- endmacro %}

{% macro spark__comment_columns() -%} select 1 {%- endmacro %}
