using System.Data.Common;
using Npgsql;

namespace Afa.Silo;

/// <summary>The tables in which Orleans lists a cluster's silos, by Orleans' own scripts (the folder Postgres).</summary>
internal static class PostgresTables
{
    /// <summary>A table of each script, by which it is seen whether it was run, in the order in which they are run.</summary>
    private static readonly (string Table, string Script)[] s_scripts = [("orleansquery", "PostgreSQL-Main.sql"), ("orleansmembershiptable", "PostgreSQL-Clustering.sql")];

    /// <summary>Finds out, in one sentence, what Orleans would find out on its way up, and creates the tables that are missing. Several silos may do so at once.</summary>
    /// <exception cref="SiloStartException">The PostgreSQL cannot be used; the message says why, without a secret.</exception>
    public static async Task PrepareAsync(PostgresAddress address)
    {
        try
        {
            await using var connection = new NpgsqlConnection(address.ConnectionString);
            await connection.OpenAsync();
            await CreateAsync(connection);
            await RequirePrivilegesAsync(connection, address);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SiloStartException(
                $"The tables of the cluster are missing in the PostgreSQL at {address}, and its user may not create them: {exception.MessageText}. Grant it CREATE on the schema, or have {string.Join(" and ", s_scripts.Select(entry => entry.Script))} run by the schema's owner.", exception);
        }
        catch (DbException exception)
        {
            throw new SiloStartException($"The PostgreSQL at {address} cannot be used: {Reason(exception)}", exception);
        }
    }

    /// <summary>What went wrong, with what lies beneath; Npgsql repeats no password.</summary>
    public static string Reason(DbException exception) =>
        exception is PostgresException answer ? answer.MessageText :
        exception.InnerException is { } inner ? $"{exception.Message} ({inner.GetBaseException().Message})" : exception.Message;

    private static async Task CreateAsync(NpgsqlConnection connection)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        await ScalarAsync(connection, "SELECT pg_advisory_xact_lock(hashtext('afa.tables'))");   // One silo at a time, until the transaction ends.
        foreach (var (table, script) in s_scripts)
        {
            if (await ScalarAsync(connection, $"SELECT to_regclass('{table}')::text") is DBNull)
            {
                await ScalarAsync(connection, await ReadAsync(script));
            }
        }

        await transaction.CommitAsync();
    }

    private static async Task RequirePrivilegesAsync(NpgsqlConnection connection, PostgresAddress address)
    {
        const string missing =
            """
            SELECT string_agg(privilege || ' on ' || relation, ', ') FROM (VALUES
                ('orleansquery', 'SELECT'),
                ('orleansmembershiptable', 'SELECT'), ('orleansmembershiptable', 'INSERT'), ('orleansmembershiptable', 'UPDATE'), ('orleansmembershiptable', 'DELETE'),
                ('orleansmembershipversiontable', 'SELECT'), ('orleansmembershipversiontable', 'INSERT'), ('orleansmembershipversiontable', 'UPDATE')
            ) AS needed (relation, privilege) WHERE NOT has_table_privilege(relation, privilege)
            """;
        if (await ScalarAsync(connection, missing) is string privileges)
        {
            throw new SiloStartException($"The user of the PostgreSQL at {address} lacks {privileges}; grant them.");
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task<string> ReadAsync(string script)
    {
        using var reader = new StreamReader(typeof(PostgresTables).Assembly.GetManifestResourceStream(script)!);
        return await reader.ReadToEndAsync();
    }
}
