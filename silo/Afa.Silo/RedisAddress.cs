using StackExchange.Redis;

namespace Afa.Silo;

/// <summary>Where a cluster's Redis is, and how its password gets to the program: never on a command line, which others on the machine can read.</summary>
public static class RedisAddress
{
    public const string AddressVariable = "AFA_REDIS";

    /// <summary>Variable with a whole connection string of StackExchange.Redis, such as "redis:6380,password=…,ssl=true".</summary>
    public const string ConnectionStringVariable = "AFA_REDIS_CONNECTION_STRING";

    /// <summary>Variable with the name of a file that holds the connection string, such as a mounted secret.</summary>
    public const string ConnectionStringFileVariable = "AFA_REDIS_CONNECTION_STRING_FILE";

    /// <summary>Reads the address, and the connection string where there is one; what is wrong is added to the problems, without any secret.</summary>
    /// <param name="given">HOST:PORT from the command line; null: not given.</param>
    /// <param name="environment">Looks up variables.</param>
    public static ConfigurationOptions? Read(string? given, Func<string, string?> environment, List<string> problems)
    {
        var address = given ?? (environment(AddressVariable) is { Length: > 0 } value ? value : null);
        if (address?.Contains(',', StringComparison.Ordinal) == true)
        {
            problems.Add($"--redis must be HOST:PORT; other settings and passwords belong into {ConnectionStringVariable}, or into the file that {ConnectionStringFileVariable} names, never on a command line.");
            return null;
        }

        var known = problems.Count;
        var connection = SecretSetting.Read(ConnectionStringVariable, ConnectionStringFileVariable, environment, problems);
        if (problems.Count > known)
        {
            return null;
        }

        if (address is null && connection is null)
        {
            problems.Add($"--clustering redis needs the address of the Redis: --redis HOST:PORT, or {ConnectionStringVariable}.");
            return null;
        }

        try
        {
            var options = ConfigurationOptions.Parse(connection ?? address!);
            if (connection is not null && given is not null)
            {
                options.EndPoints.Clear();
                options.EndPoints.Add(given);
            }

            return options;
        }
        catch (ArgumentException)
        {
            // The message may repeat the secret.
            problems.Add(connection is null ? $"--redis must be HOST:PORT, not '{address}'." : $"What {ConnectionStringVariable} or its file holds is no connection string of StackExchange.Redis.");
            return null;
        }
    }
}
