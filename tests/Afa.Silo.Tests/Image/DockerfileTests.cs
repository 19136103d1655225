using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo.Image;

/// <summary>The recipe of the image. No container engine is at hand, so its steps run as a script, as far as they go without one.</summary>
public sealed partial class DockerfileTests
{
    private static readonly TimeSpan s_longestStep = TimeSpan.FromMinutes(30);
    private static readonly IReadOnlyList<Stage> s_stages = Dockerfile.Read(SourceTree.PathOf("silo", "Afa.Silo", "Dockerfile"));
    private static readonly BuildContext s_context = new(SourceTree.Root);

    [Fact]
    public void Stages_AreBasedOnUbuntu2404_AsTorchSharpNeeds() => Assert.All(s_stages, stage => Assert.EndsWith("-noble", stage.Image, StringComparison.Ordinal));

    [Fact]
    public void Image_RunsTheProgramAsAUserThatIsNotRoot()
    {
        var image = s_stages[^1];
        var project = XDocument.Load(SourceTree.PathOf("client", "Afa.Client", "Afa.Client.csproj"));

        Assert.Equal("$APP_UID", image.The("USER"));   // 1654 in the .NET images, as in k8s/base.
        Assert.Equal($"[\"{image.The("WORKDIR")}/{project.Descendants("AssemblyName").Single().Value}\"]", image.The("ENTRYPOINT"));
    }

    [Fact]
    public void Image_ExposesTheSilosPorts()
    {
        var silo = new SiloOptions();
        Assert.Equal([silo.SiloPort, silo.GatewayPort, silo.HttpPort], s_stages[^1].The("EXPOSE").Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Context_HoldsEveryProjectOfTheProgram_AndNothingThatIsBuiltOrStored()
    {
        foreach (var project in Closure("client/Afa.Client/Afa.Client.csproj").Distinct())
        {
            Assert.True(s_context.Has(project) && s_context.Has($"{Path.GetDirectoryName(project)}/packages.lock.json"), $".dockerignore leaves out {project}.");
        }

        Assert.All(["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "LICENSE"], file => Assert.True(s_context.Has(file), file));
        Assert.All([".git/HEAD", "artifacts/bin/x", "afa-store/runs", "tests/x.cs", "src/Afa.Core/bin/x", "src/Afa.Core/obj/x", "k8s/base/silo/silo.yaml"], file => Assert.False(s_context.Has(file), file));
    }

    [Fact]
    public async Task BuildStage_RunAsAScript_PublishesASiloThatBecomesReady()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "AFA_LONG_TESTS is not 1.");
        var folder = Directory.CreateTempSubdirectory("afa-image-").FullName;
        try
        {
            await RunBuildStageAsync(folder);
            var copied = s_stages[^1].The("COPY").Split(' ');
            Assert.Equal(($"--from={s_stages[0].Name}", "."), (copied[0], copied[2]));
            var program = Path.Combine(folder, Path.GetRelativePath(s_stages[0].The("WORKDIR"), copied[1]), "afa");
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(program)!, "LICENSE")));

            var version = await RunAsync(program, ["--version"], folder, []);
            Assert.True(version.Code == 0, version.Output);
            await StartSiloAsync(program);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Does in a folder what an engine would do in the stage's working directory. Cache mounts are the user's own cache of packages.</summary>
    private static async Task RunBuildStageAsync(string folder)
    {
        var variables = new Dictionary<string, string>();
        foreach (var step in s_stages[0].Instructions)
        {
            switch (step.Name)
            {
                case "ARG" or "ENV":
                    foreach (var pair in step.Arguments.Split(' ').Select(pair => pair.Split('=', 2)))
                    {
                        variables[pair[0]] = pair[1];
                    }

                    break;
                case "COPY":
                    Assert.Equal(". .", step.Arguments);
                    s_context.CopyTo(folder);
                    break;
                case "RUN":
                    var (code, output) = await RunAsync("sh", ["-ec", Mount().Replace(step.Arguments, "")], folder, variables);
                    Assert.True(code == 0, $"{step.Arguments}\n{output}");
                    break;
                default:
                    Assert.Equal("WORKDIR", step.Name);
                    break;
            }
        }
    }

    private static async Task StartSiloAsync(string program)
    {
        int[] ports = [ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort()];
        await using var silo = new ServerProcess(
            program,
            ["silo", "--store", TestRun.NewStore(), "--devices", "cpu:1", "--silo-port", $"{ports[0]}", "--gateway-port", $"{ports[1]}", "--http-port", $"{ports[2]}"],
            new Dictionary<string, string> { ["DOTNET_ROOT"] = DotnetRoot });
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var ready = "";
        while (!ready.Contains("devices: Healthy", StringComparison.Ordinal))   // libtorch added two numbers.
        {
            Assert.False(silo.HasExited || limit.IsCancellationRequested, silo.Output + ready);
            await Task.Delay(100, CancellationToken.None);
            try
            {
                ready = await http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[2]}/healthz/ready"), limit.Token);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet, or is not ready.
            }
        }
    }

    private static string DotnetRoot => Path.GetDirectoryName(Environment.ProcessPath)!;

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string folder, Dictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_longestStep);
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, string.Concat(output));
    }

    /// <summary>A project and all that it refers to, relative to the root.</summary>
    private static IEnumerable<string> Closure(string project) =>
    [
        project,
        .. XDocument.Load(SourceTree.PathOf(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetRelativePath(SourceTree.Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourceTree.PathOf(project))!, reference.Attribute("Include")!.Value))))
            .SelectMany(Closure),
    ];

    [GeneratedRegex("--mount=\\S+")]
    private static partial Regex Mount();
}
