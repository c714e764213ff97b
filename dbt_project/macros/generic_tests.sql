{# One row for each key: several columns in one test node, because each node costs time. #}
{% test unique_key(model, columns, is_large=false) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    {% if is_large -%}
    where {{ row_hash(columns) }} in (
        select {{ row_hash(columns) }} from {{ model }} group by {{ row_hash(columns) }} having count(*) > 1
    )
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{# Rows in which any of the columns is null. #}
{% test never_null(model, columns) %}
    select *
    from {{ model }}
    where {% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %}
{% endtest %}

{# Rows whose columns name a row that does not exist: list of [column, other model, other column]. #}
{% test refers_to(model, references) %}
    {% for reference in references %}
    select '{{ reference.column }}' as reference, cast(child.{{ reference.column }} as varchar) as missing
    from {{ model }} as child
    left join {{ ref(reference.to) }} as parent on child.{{ reference.column }} = parent.{{ reference.field }}
    where child.{{ reference.column }} is not null and parent.{{ reference.field }} is null
    {{ "union all" if not loop.last }}
    {% endfor %}
{% endtest %}

{# Rows that have neither a value nor the reason why there is none, or both. #}
{% test says_why_not(model, value, reason) %}
    select *
    from {{ model }}
    where ({{ value }} is null) <> ({{ reason }} is not null)
{% endtest %}

{# Groups whose parts do not add up to the whole that each row names. #}
{% test parts_make_the_whole(model, part, whole, by) %}
    select {{ by | join(', ') }}, sum({{ part }}) as parts, max({{ whole }}) as whole
    from {{ model }}
    where {{ whole }} is not null
    group by {{ by | join(', ') }}
    having sum({{ part }}) <> max({{ whole }}) or min({{ whole }}) <> max({{ whole }})
{% endtest %}
