"""Read-only access for remote readers over DuckDB's own protocol (quack).

    readers ──► gateway (one port, this process) ──► engine (a process with one version of the warehouse, read-only)

The extension opens all of SQL to whoever has the token, and one statement can end its process. So every statement passes
a gate that knows DuckDB's own parse of it, engines hold nothing but the published file and are started again when they
end, and the gateway alone is reached from outside.
"""
