{# One row for each key: several columns in one test node, because each node costs time. #}
{% test unique_key(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
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
