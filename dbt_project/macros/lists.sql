{# A list without its nulls. #}
{% macro compact_list(expressions) -%}
    {{ return(adapter.dispatch('compact_list', 'mieruka')(expressions)) }}
{%- endmacro %}

{% macro default__compact_list(expressions) -%}
    list_filter([
        {%- for expression in expressions %}
        {{ expression }}{{ "," if not loop.last }}
        {%- endfor %}
    ], lambda entry : entry is not null)
{%- endmacro %}

{% macro spark__compact_list(expressions) -%}
    array_compact(array(
        {%- for expression in expressions %}
        {{ expression }}{{ "," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
