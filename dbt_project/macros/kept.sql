{# What need not be built again. Each table and view, and each test that passed, remembers in `build_state` what it was
   made from: its SQL and the versions of all that it reads. While both are the same it is kept as it is. Another project
   or other libraries begin with an empty database (assets/dbt_runner.py), so SQL and versions are all there is to compare.

   The version of a table is a hash of its rows, so that a change which changes none of them ends there; that of a large
   table is what it was made from. A table with `part_of` and `part_by` is made in parts: where a parent's rows changed for
   some values of a column only, the rows of these values are made again. Its SQL says by `only_parts` where that applies,
   and must give each part from the rows of that part alone. Where there are many rows it is made in lots of such parts. #}

{# A table of more rows is not hashed. #}
{% macro most_rows_hashed() -%} 200000 {%- endmacro %}

{% macro sql_text(value) -%} '{{ value | string | replace("'", "''") }}' {%- endmacro %}

{# A table that is made in parts is made from about so many rows of its parent at once: as many as the memory that DuckDB may
   take holds, at 1,250 bytes each (measured: 1,100 for ten million figures). #}
{% macro most_rows_at_once() -%}
    {%- set fitting = "cast(parse_formatted_bytes(current_setting('memory_limit')) / 1250 as bigint)" -%}
    {{ env_var('MIERUKA_ROWS_AT_ONCE', '') or fitting }}
{%- endmacro %}

{# The one value that a query gives. #}
{% macro value_of(query) -%}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}

{# Where, after another condition, a table that is made in parts is limited to those that are made again. #}
{% macro only_parts(column) -%} /* and {{ column }} is one of the parts */ {%- endmacro %}

{# The condition that chooses the rows of some parts, and the SQL of this node limited by such a condition. #}
{% macro rows_of_parts(settings, parts) -%} cast({{ settings.part_by }} as varchar) in ({{ parts }}) {%- endmacro %}

{% macro sql_of_rows(settings, which) -%}
    {{ return(sql | replace(only_parts(settings.part_by), 'and ' ~ which)) }}
{%- endmacro %}

{# A hash over rows in any order; the sum tells two equal rows from none, which an exclusive or alone would not. #}
{% macro hash_of_rows() -%}
    md5(concat_ws(' ', count(*), sum(cast(hash(*columns(*)) as hugeint)), bit_xor(hash(*columns(*)))))
{%- endmacro %}

{# What this node is made from, `inputs`: a hash over its SQL and the versions of its parents but one, none where a parent is
   not known; and whether it was last made from the same, `is_kept`. Both of nothing where nothing is remembered. #}
{% macro made_from(but=none) -%}
    {%- set state = api.Relation.create(database=this.database, schema='build_state', identifier='node') -%}
    {%- if load_cached_relation(state) is none -%} {{ return({'inputs': none, 'is_kept': false}) }} {%- endif -%}
    {%- set parents = model.depends_on.nodes | reject('equalto', but) | unique | list -%}
    {%- set names %} ({% for name in parents + [''] %}{{ sql_text(name) }}{{ ', ' if not loop.last }}{% endfor %}) {% endset -%}
    {%- set known -%}
        with known as (
            select
                count(distinct name) as parents,
                md5(concat_ws(' ', {{ sql_text(local_md5(sql)) }}, string_agg(name || ' ' || version, ' ' order by name, version)))
                    as inputs
            from (
                select name, version from build_state.node where name in {{ names }}
                union all
                select name, part || ' ' || version as version from build_state.landed where name in {{ names }}
            )
        )
        select parents, inputs, (inputs in (select inputs from build_state.node where name = {{ sql_text(model.unique_id) }}))
        from known
    {%- endset -%}
    {%- set found = run_query(known).rows[0] -%}
    {%- set is_known = found[0] == parents | length -%}
    {{ return({'inputs': found[1] if is_known else none, 'is_kept': is_known and found[2]}) }}
{%- endmacro %}

{# Remember what this node was made from, in the transaction that made it. #}
{% macro remember(inputs, version) -%}
    {%- if inputs is not none -%}
        {%- set name = sql_text(model.unique_id) -%}
        {%- call statement() -%}
            delete from build_state.node where name = {{ name }};
            insert into build_state.node select {{ name }}, {{ sql_text(inputs) }}, {{ version }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{% macro version_of_rows(relation, inputs) -%}
    {%- if value_of('select count(*) from ' ~ relation) > most_rows_hashed() | int -%}
        {{ return(sql_text(inputs)) }}
    {%- endif -%}
    {{ return('(select ' ~ hash_of_rows() ~ ' from ' ~ relation ~ ')') }}
{%- endmacro %}

{% macro kept(relation) -%}
    {%- call noop_statement('main', 'KEPT', 'KEPT', 0) -%} select 'kept' {%- endcall -%}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}

{# Where a table is made in parts, put the parts of a parent with many rows into lots, so that memory bounds what is made at
   once and not what there is; return how many lots there are. #}
{% macro find_lots(settings) -%}
    {%- if not settings.part_of -%} {{ return(1) }} {%- endif -%}
    {%- set put -%}
        create or replace temp table lots as
        select part, dense_rank() over (order by rows_before // {{ most_rows_at_once() }}) as lot
        from (
            select part, sum(rows_of_part) over (order by part) - rows_of_part as rows_before
            from (
                select cast({{ settings.part_by }} as varchar) as part, count(*) as rows_of_part
                from {{ ref(settings.part_of) }} group by all
            )
        )
    {%- endset -%}
    {%- do run_query(put) -%}
    {{ return(value_of('select coalesce(max(lot), 1) from lots') | int) }}
{%- endmacro %}

{# Make a table; where there is one already, beside it, and give it that one's place. #}
{% macro make_whole(relation, existing, settings) -%}
    {%- set built = relation if existing is none else make_intermediate_relation(relation) -%}
    {%- set lots = find_lots(settings) -%}
    {%- for lot in range(1, lots + 1) -%}
        {%- set which = rows_of_parts(settings, 'select part from lots where lot = ' ~ lot) -%}
        {%- set chosen = sql if lots == 1 else sql_of_rows(settings, which) -%}
        {%- call statement('main') -%}
            {%- if lot == 1 -%} {{ create_table_as(false, built, chosen) }}
            {%- else -%} insert into {{ built }} by name ({{ chosen }})
            {%- endif -%}
        {%- endcall -%}
    {%- endfor -%}
    {%- if existing is not none -%}
        {{ drop_relation_if_exists(existing) }}
        {{ adapter.rename_relation(built, relation) }}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(relation, model) -%}
{%- endmacro %}

{# The parts there are now, in a table of this connection: of a view as its files are known, of a table by the hash of its
   rows, so that parts which were made again and came out the same end there. #}
{% macro find_parts(parent, settings, others) -%}
    {%- set known -%}
        from build_state.part where name = {{ sql_text(parent) }} and key = {{ sql_text(settings.part_by) }}
        and {{ sql_text(settings.part_of) }} in (select view_name from duckdb_views())
    {%- endset -%}
    {%- set hashed -%}
        select cast({{ settings.part_by }} as varchar) as part, {{ hash_of_rows() }} as version
        from {{ ref(settings.part_of) }} group by all
    {%- endset -%}
    {%- do run_query(
        'create or replace temp table parts_now as select part, md5(version || ' ~ sql_text(others) ~ ') as version from ('
        ~ ('select part, version ' ~ known if value_of('select count(*) ' ~ known) > 0 else hashed) ~ ')'
    ) -%}
{%- endmacro %}

{% macro changed_parts() -%}
    {%- set changed -%}
        select coalesce(now.part, before.part)
        from parts_now as now
        full join (select * from build_state.part where name = {{ sql_text(model.unique_id) }}) as before
            on now.part = before.part
        where now.version is distinct from before.version
    {%- endset -%}
    {{ return(run_query(changed).columns[0].values() | list) }}
{%- endmacro %}

{% macro remember_parts(settings, inputs) -%}
    {%- set name = sql_text(model.unique_id) -%}
    {%- do run_query('delete from build_state.part where name = ' ~ name) -%}
    {%- do run_query(
        'insert into build_state.part select ' ~ name ~ ', ' ~ sql_text(settings.part_by) ~ ', part, version from parts_now'
    ) -%}
    {%- do remember(inputs, "(select md5(string_agg(part || ' ' || version, ' ' order by part)) from parts_now)") -%}
{%- endmacro %}

{# Make some parts again; not where they are most of the table, which is then better made whole. #}
{% macro make_parts(relation, settings, changed) -%}
    {%- set parts -%} {% for part in changed %}{{ sql_text(part) }}{{ ', ' if not loop.last }}{% endfor %} {%- endset -%}
    {%- set which = rows_of_parts(settings, parts) -%}
    {%- if value_of('select 2 * count(case when ' ~ which ~ ' then 1 end) > count(*) from ' ~ relation) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- call statement('main') -%}
        delete from {{ relation }} where {{ which }};
        insert into {{ relation }} by name ({{ sql_of_rows(settings, which) }})
    {%- endcall -%}
    {{ return(true) }}
{%- endmacro %}

{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set settings = config.get('meta', {}) -%}
    {%- set parent = 'model.' ~ project_name ~ '.' ~ settings.part_of if settings.part_of -%}
    {%- set made_from = made_from(but=parent) -%}
    {%- set inputs = made_from.inputs -%}
    {%- set in_parts = settings.part_of and inputs is not none -%}
    {%- if in_parts -%}
        {%- do find_parts(parent, settings, inputs) -%}
        {%- set changed = changed_parts() -%}
        {%- if existing is not none and not changed -%} {{ return(kept(relation)) }} {%- endif -%}
    {%- elif existing is not none and made_from.is_kept -%}
        {{ return(kept(relation)) }}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if not (in_parts and existing is not none and make_parts(relation, settings, changed)) -%}
        {%- do make_whole(relation, existing, settings) -%}
    {%- endif -%}
    {%- if in_parts -%}
        {%- do remember_parts(settings, inputs) -%}
    {%- else -%}
        {%- do remember(inputs, version_of_rows(relation, inputs)) -%}
    {%- endif -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set made_from = made_from() -%}
    {%- if existing is not none and made_from.is_kept -%} {{ return(kept(relation)) }} {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ drop_relation_if_exists(existing) }}
    {#- Names without the database: the published file may be attached under any name. -#}
    {%- set portable = sql | replace('"' ~ this.database ~ '".', '') -%}
    {%- call statement('main') -%} {{ get_create_view_as_sql(relation, portable) }} {%- endcall -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do remember(made_from.inputs, sql_text(made_from.inputs)) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{# A test that passed on the same rows passes again. #}
{% materialization test, adapter='duckdb' %}
    {%- set made_from = made_from() -%}
    {%- set failing = 'select 1 where false' if made_from.is_kept else get_limit_subquery_sql(sql, config.get('limit')) -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(failing, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {%- endcall -%}
    {%- set result = load_result('main')['data'][0] -%}
    {%- if not made_from.is_kept and not result[1] and not result[2] -%}
        {%- do remember(made_from.inputs, sql_text(made_from.inputs)) -%}
        {{ adapter.commit() }}
    {%- endif -%}
    {{ return({'relations': []}) }}
{% endmaterialization %}
