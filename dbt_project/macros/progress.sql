{# The arithmetic of progress, in one place. Formulas: linear closing of the gap, in real days. #}

{# Share of the gap closed: (y - y0) / (yT - y0); null when there is no gap to close. #}
{% macro progress_share(value, baseline_value, target_value) -%}
    (cast({{ value }} as double) - cast({{ baseline_value }} as double))
    / nullif(cast({{ target_value }} as double) - cast({{ baseline_value }} as double), 0)
{%- endmacro %}

{# Share of the time elapsed at the figure's own date: days(t - t0) / days(tT - t0). #}
{% macro elapsed_share(day, baseline_day, target_day) -%}
    cast({{ days_between(baseline_day, day) }} as double)
    / nullif(cast({{ days_between(baseline_day, target_day) }} as double), 0)
{%- endmacro %}

{# Is p >= k% of e? Compared by cross-multiplication in exact decimals, so that a figure on its path is on it. #}
{% macro pace_at_least(percent, value, day, baseline_value, baseline_day, target_value, target_day) -%}
    cast(100 as decimal(4, 0))
    * cast(({{ value }} - {{ baseline_value }}) as decimal(24, 6))
    * sign({{ target_value }} - {{ baseline_value }})
    * cast({{ days_between(baseline_day, target_day) }} as decimal(6, 0))
    >= cast({{ percent }} as decimal(4, 0))
    * cast(abs({{ target_value }} - {{ baseline_value }}) as decimal(24, 6))
    * cast({{ days_between(baseline_day, day) }} as decimal(6, 0))
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
