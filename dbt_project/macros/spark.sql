{# Spark knows the landed registers as tables, which are made anew on each run; DuckDB reads the files by their place. #}
{% macro landed_registers_for_spark() -%}
    {%- if execute and target.type == 'spark' -%}
        {%- do run_query('create database if not exists register') -%}
        {%- for name in ['asset_line', 'stated_total'] -%}
            {%- do run_query('drop table if exists register.' ~ name) -%}
            {%- do run_query(
                'create table register.' ~ name ~ " using parquet options (path '" ~ var('raw_dir') ~ '/register/' ~ name
                ~ "', recursiveFileLookup 'true')"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# Seeds with their texts as SQL literals: the adapter's own form ends a text at its first apostrophe and writes blanks as `None`. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set statement -%}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
                (
                {%- for name in agate_table.column_names -%}
                    {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
                    {%- set value = row[loop.index0] -%}
                    {%- if value is none -%} cast(null as {{ type }})
                    {%- else -%} cast('{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}' as {{ type }})
                    {%- endif -%}
                    {{ ", " if not loop.last }}
                {%- endfor -%}
                ){{ ", " if not loop.last }}
            {%- endfor %}
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}
