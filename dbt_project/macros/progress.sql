{# The arithmetic of progress, in one place. Formulas: linear closing of the gap, in real days. #}

{# Share of the gap closed: (y - y0) / (yT - y0); null when there is no gap to close. #}
{% macro progress_share(value, baseline_value, target_value) -%}
    (cast({{ value }} as double) - cast({{ baseline_value }} as double))
    / nullif(cast({{ target_value }} as double) - cast({{ baseline_value }} as double), 0)
{%- endmacro %}

{# Is p >= k% of e, e being a share `passed` / `whole` of the time? Compared by cross-multiplication in exact decimals,
   so that a figure on its path is on it. #}
{% macro pace_at_least(percent, value, baseline_value, target_value, passed, whole) -%}
    cast(100 as decimal(4, 0))
    * cast(({{ value }} - {{ baseline_value }}) as decimal(24, 6))
    * sign({{ target_value }} - {{ baseline_value }})
    * cast({{ whole }} as decimal(6, 0))
    >= cast({{ percent }} as decimal(4, 0))
    * cast(abs({{ target_value }} - {{ baseline_value }}) as decimal(24, 6))
    * cast({{ passed }} as decimal(6, 0))
{%- endmacro %}

{# Does a value meet a target by its comparator? Null when either is unknown. #}
{% macro meets(value, comparator, target_value) -%}
    case {{ comparator }}
        when '>=' then {{ value }} >= {{ target_value }}
        when '<=' then {{ value }} <= {{ target_value }}
        when '=' then {{ value }} = {{ target_value }}
    end
{%- endmacro %}

{# Which way is better: +1, -1, or 0 when neither is. #}
{% macro direction_sign(direction) -%}
    case {{ direction }} when 'increase' then 1 when 'decrease' then -1 else 0 end
{%- endmacro %}

{# The value from which a target counts as met: the target itself, or within the tolerance of a 0% or 100% target. #}
{% macro attained_from(target_value, comparator, unit) -%}
    case
        when {{ unit }} = '%' and {{ target_value }} = 100 and {{ comparator }} = '>='
            then {{ target_value }} - {{ var('near_limit_tolerance') }}
        when {{ unit }} = '%' and {{ target_value }} = 0 and {{ comparator }} = '<='
            then {{ target_value }} + {{ var('near_limit_tolerance') }}
        else {{ target_value }}
    end
{%- endmacro %}
