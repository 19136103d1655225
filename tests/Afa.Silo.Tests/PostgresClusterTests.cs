using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>Silo processes that find each other through a real PostgreSQL.</summary>
public sealed class PostgresClusterTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private static int s_names;

    [Fact]
    public Task OneOfTwoSilosIsTerminated_TheRunGoesOnOnTheOther_WithTheSameWeights() => LoseOneOfTwoAsync(silo => silo.Process.TerminateAsync());

    [Fact]
    public Task OneOfTwoSilosIsKilled_TheRunGoesOnOnTheOther_WithTheSameWeights()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "It takes a while until the death is noticed: ./test --long.");
        return LoseOneOfTwoAsync(silo => silo.Process.KillAsync());
    }

    [Fact]
    public async Task Tables_PreparedByManyAtOnceAndAgain_AreCreatedOnce()
    {
        var database = await NewDatabaseAsync();
        var address = Address(database);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresTables.PrepareAsync(address)));
        await PostgresTables.PrepareAsync(address);

        Assert.Equal(9L, await postgres.ExecuteAsync(database, "SELECT count(*) FROM OrleansQuery"));
    }

    [Fact]
    public async Task Silo_WrongPassword_SaysSoWithoutIt()
    {
        var error = await RefusedAsync(postgres.ConnectionString(await NewDatabaseAsync(), password: "wr0ng"));
        Assert.Contains("password authentication failed for user \"owner\"", error, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_ServerThatIsNotThere_SaysWhereItLooked()
    {
        var port = ServerProcess.FreePort();
        Assert.Contains($"The PostgreSQL at 127.0.0.1:{port}/afa cannot be used", await RefusedAsync($"Host=127.0.0.1;Port={port};Password=s3cret"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WithoutTheRightToCreateTables_SaysWhatToGrant()
    {
        var database = await NewDatabaseAsync();
        var user = await NewUserAsync();
        Assert.Contains("its user may not create them: permission denied for schema public. Grant it CREATE", await RefusedAsync(postgres.ConnectionString(database, user)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_WithoutRightsOnTheTables_SaysWhichItLacks()
    {
        var database = await NewDatabaseAsync();
        var user = await NewUserAsync();
        await PostgresTables.PrepareAsync(Address(database));
        await postgres.ExecuteAsync(database, $"GRANT SELECT ON orleansquery, orleansmembershiptable, orleansmembershipversiontable TO {user}; GRANT INSERT, UPDATE ON orleansmembershipversiontable TO {user}");

        Assert.Contains("lacks INSERT on orleansmembershiptable, UPDATE on orleansmembershiptable, DELETE on orleansmembershiptable; grant them.", await RefusedAsync(postgres.ConnectionString(database, user)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WrongPassword_SaysSoWithoutIt()
    {
        var database = await NewDatabaseAsync();
        await PostgresTables.PrepareAsync(Address(database));
        var exception = await Assert.ThrowsAsync<IOException>(() => ConnectAsync(database, "wr0ng"));
        Assert.Contains($"No silo answers at postgres {postgres.Address}/{database}: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("password authentication failed for user \"owner\"", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", exception.ToString(), StringComparison.Ordinal);
    }

    private async Task LoseOneOfTwoAsync(Func<SiloProcess, Task> loseAsync)
    {
        var database = await NewDatabaseAsync();
        var environment = new Dictionary<string, string> { [PostgresAddress.ConnectionStringVariable] = postgres.ConnectionString(database) };
        var address = ClusterAddress.Read(null, null, null, null, environment.GetValueOrDefault, [], postgres.Address)!;
        await LossTrial.RunAsync(["--clustering", "postgres"], environment, address, loseAsync);
    }

    private async Task<string> NewDatabaseAsync()
    {
        Assert.SkipWhen(postgres.Missing is not null, postgres.Missing ?? "");
        var name = $"d{Next()}";
        await postgres.CreateDatabaseAsync(name);
        return name;
    }

    private async Task<string> NewUserAsync()
    {
        var name = $"u{Next()}";
        await postgres.ExecuteAsync("postgres", $"CREATE ROLE {name} LOGIN PASSWORD '{PostgresServer.Password}'");
        return name;
    }

    private PostgresAddress Address(string database) => PostgresAddress.Read(null, name => name == PostgresAddress.ConnectionStringVariable ? postgres.ConnectionString(database) : null, [])!;

    private async Task ConnectAsync(string database, string password)
    {
        var address = ClusterAddress.Read(
            null, null, null, null, name => name == PostgresAddress.ConnectionStringVariable ? postgres.ConnectionString(database, password: password) : null, [], $"{postgres.Address}/{database}")!;
        await using var client = await ClusterClient.ConnectAsync(address);
    }

    private static async Task<string> RefusedAsync(string connectionString)
    {
        using var error = new StringWriter();
        var code = await SiloProgram.RunAsync(
            ["--clustering", "postgres", "--store", TestRun.NewStore()], TextWriter.Null, error, name => name == PostgresAddress.ConnectionStringVariable ? connectionString : null);
        Assert.Equal(1, code);
        Assert.DoesNotContain("   at ", error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
        return error.ToString();
    }

    private static int Next() => Interlocked.Increment(ref s_names);
}
