using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Npgsql;

namespace Afa.Silo;

/// <summary>Where a cluster's PostgreSQL is, and how its password gets to the program: never on a command line, which others on the machine can read.</summary>
public sealed partial class PostgresAddress
{
    public const string AddressVariable = "AFA_POSTGRES";

    /// <summary>Variable with a whole connection string of Npgsql, such as "Host=db;Username=afa;Password=…;SSL Mode=VerifyFull".</summary>
    public const string ConnectionStringVariable = "AFA_POSTGRES_CONNECTION_STRING";

    /// <summary>Variable with the name of a file that holds the connection string, such as a mounted secret.</summary>
    public const string ConnectionStringFileVariable = "AFA_POSTGRES_CONNECTION_STRING_FILE";

    /// <summary>What Orleans calls Npgsql.</summary>
    internal const string Invariant = "Npgsql";

    private const string DefaultDatabase = "afa";

    private readonly NpgsqlConnectionStringBuilder _connection;

    private PostgresAddress(NpgsqlConnectionStringBuilder connection) => _connection = connection;

    /// <summary>For Npgsql. May hold a password.</summary>
    public string ConnectionString => _connection.ConnectionString;

    /// <summary>Reads the address, and the connection string where there is one; what is wrong is added to the problems, without any secret.</summary>
    /// <param name="given">HOST:PORT/DATABASE from the command line; null: not given.</param>
    /// <param name="environment">Looks up variables.</param>
    public static PostgresAddress? Read(string? given, Func<string, string?> environment, List<string> problems)
    {
        var known = problems.Count;
        var address = given ?? (environment(AddressVariable) is { Length: > 0 } value ? value : null);
        var parts = AddressFormat().Match(address ?? "");
        if (address is not null && !(parts.Success && Port(parts) is >= 1 and <= IPEndPoint.MaxPort))
        {
            // It may be an address with a password in it, so it is not repeated here.
            problems.Add($"--postgres must be HOST:PORT/DATABASE; user, password and other settings belong into {ConnectionStringVariable}, or into the file that {ConnectionStringFileVariable} names, never on a command line.");
        }

        var connection = Parse(SecretSetting.Read(ConnectionStringVariable, ConnectionStringFileVariable, environment, problems));
        if (connection is null)
        {
            problems.Add($"What {ConnectionStringVariable} or its file holds is no connection string of Npgsql, such as \"Host=db;Username=afa;Password=…\".");
        }
        else if (address is null && connection.Host is null)
        {
            problems.Add($"--clustering postgres needs the address of the PostgreSQL: --postgres HOST:PORT/DATABASE, or {ConnectionStringVariable}.");
        }

        if (problems.Count > known)
        {
            return null;
        }

        if (address is not null && (given is not null || connection!.Host is null))
        {
            connection!.Host = parts.Groups["host"].Value.Trim('[', ']');
            connection.Port = Port(parts);
            connection.Database = parts.Groups["database"] is { Success: true } database ? database.Value : connection.Database;
        }

        connection!.Database ??= DefaultDatabase;
        return new PostgresAddress(connection);
    }

    /// <summary>HOST:PORT/DATABASE, without user and password.</summary>
    public override string ToString() => $"{_connection.Host}:{_connection.Port}/{_connection.Database}";

    /// <summary>Null if it is none; what Npgsql says about that may repeat the secret.</summary>
    private static NpgsqlConnectionStringBuilder? Parse(string? connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection ?? "");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static int Port(Match address) =>
        !address.Groups["port"].Success ? NpgsqlConnection.DefaultPort :
        int.TryParse(address.Groups["port"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0;

    [GeneratedRegex(@"\A(?<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?<port>[0-9]+))?(/(?<database>[A-Za-z0-9_-]+))?\z")]
    private static partial Regex AddressFormat();
}
