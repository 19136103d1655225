using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Afa.Grains;
using Afa.Silo.Api;
using Polly.Timeout;

namespace Afa.Client.Control;

/// <summary>Asks a silo's HTTP API.</summary>
/// <param name="http">Its base address is the server's, with a '/' at its end.</param>
internal sealed class HttpControl(HttpClient http) : IAfaControl
{
    private const string Runs = "runs/";
    private const string Checkpoints = "/checkpoints/";

    private static readonly TimeSpan s_longestTransfer = TimeSpan.FromMinutes(6);   // The grain may take 5.

    private static readonly JsonSerializerOptions s_json = new(ApiJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };   // A newer silo may say more.

    public Task StartTrainingAsync(string run, string optionsJson, CancellationToken cancellationToken = default) => StartAsync("trainings", run, optionsJson, cancellationToken);

    public Task ResumeTrainingAsync(string run, CancellationToken cancellationToken = default) => CommandAsync("trainings", run, "resume", cancellationToken);

    public Task PauseTrainingAsync(string run, CancellationToken cancellationToken = default) => CommandAsync("trainings", run, "pause", cancellationToken);

    public Task CancelTrainingAsync(string run, CancellationToken cancellationToken = default) => CommandAsync("trainings", run, "cancel", cancellationToken);

    public Task<TrainingRunStatus?> GetTrainingAsync(string run, CancellationToken cancellationToken = default) => TryGetAsync<TrainingRunStatus>(Path("trainings", run), cancellationToken);

    public Task<IReadOnlyList<TrainingRunStatus>> ListTrainingsAsync(CancellationToken cancellationToken = default) => GetAsync<IReadOnlyList<TrainingRunStatus>>("trainings", cancellationToken);

    public Task StartEvaluationAsync(string evaluation, string optionsJson, CancellationToken cancellationToken = default) => StartAsync("evaluations", evaluation, optionsJson, cancellationToken);

    public Task ResumeEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) => CommandAsync("evaluations", evaluation, "resume", cancellationToken);

    public Task CancelEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) => CommandAsync("evaluations", evaluation, "cancel", cancellationToken);

    public Task<EvaluationStatus?> GetEvaluationAsync(string evaluation, CancellationToken cancellationToken = default) => TryGetAsync<EvaluationStatus>(Path("evaluations", evaluation), cancellationToken);

    public Task<IReadOnlyList<EvaluationStatus>> ListEvaluationsAsync(CancellationToken cancellationToken = default) => GetAsync<IReadOnlyList<EvaluationStatus>>("evaluations", cancellationToken);

    public Task<string?> GetEvaluationResultAsync(string evaluation, CancellationToken cancellationToken = default) => TryGetTextAsync($"{Path("evaluations", evaluation)}/result", cancellationToken);

    public Task StartSweepAsync(string sweep, string planJson, CancellationToken cancellationToken = default) => StartAsync("sweeps", sweep, planJson, cancellationToken);

    public Task ResumeSweepAsync(string sweep, CancellationToken cancellationToken = default) => CommandAsync("sweeps", sweep, "resume", cancellationToken);

    public Task PauseSweepAsync(string sweep, CancellationToken cancellationToken = default) => CommandAsync("sweeps", sweep, "pause", cancellationToken);

    public Task CancelSweepAsync(string sweep, CancellationToken cancellationToken = default) => CommandAsync("sweeps", sweep, "cancel", cancellationToken);

    public Task<SweepStatus?> GetSweepAsync(string sweep, CancellationToken cancellationToken = default) => TryGetAsync<SweepStatus>(Path("sweeps", sweep), cancellationToken);

    public Task<IReadOnlyList<SweepStatus>> ListSweepsAsync(CancellationToken cancellationToken = default) => GetAsync<IReadOnlyList<SweepStatus>>("sweeps", cancellationToken);

    public Task<string?> GetSweepResultAsync(string sweep, CancellationToken cancellationToken = default) => TryGetTextAsync($"{Path("sweeps", sweep)}/result", cancellationToken);

    public Task StartFederationAsync(string federation, string optionsJson, CancellationToken cancellationToken = default) => StartAsync("federations", federation, optionsJson, cancellationToken);

    public Task ResumeFederationAsync(string federation, CancellationToken cancellationToken = default) => CommandAsync("federations", federation, "resume", cancellationToken);

    public Task PauseFederationAsync(string federation, CancellationToken cancellationToken = default) => CommandAsync("federations", federation, "pause", cancellationToken);

    public Task CancelFederationAsync(string federation, CancellationToken cancellationToken = default) => CommandAsync("federations", federation, "cancel", cancellationToken);

    public Task<FederationStatus?> GetFederationAsync(string federation, CancellationToken cancellationToken = default) => TryGetAsync<FederationStatus>(Path("federations", federation), cancellationToken);

    public Task<IReadOnlyList<FederationStatus>> ListFederationsAsync(CancellationToken cancellationToken = default) => GetAsync<IReadOnlyList<FederationStatus>>("federations", cancellationToken);

    public Task<string?> GetFederationResultAsync(string federation, CancellationToken cancellationToken = default) => TryGetTextAsync($"{Path("federations", federation)}/result", cancellationToken);

    public async Task<FeatureAnalysisStatus> AnalyzeFeaturesAsync(string optionsJson, CancellationToken cancellationToken = default)
    {
        using var answer = await SendAsync(HttpMethod.Post, "feature-analyses", Json(optionsJson), cancellationToken);
        return await ReadAsync<FeatureAnalysisStatus>(await RequireAsync(answer));
    }

    public Task<IReadOnlyList<CheckpointSummary>> ListCheckpointsAsync(string? run, CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<CheckpointSummary>>(run is null ? "checkpoints" : $"checkpoints?run={Uri.EscapeDataString(run)}", cancellationToken);

    public async Task<string> ImportCheckpointAsync(CheckpointImport import, CancellationToken cancellationToken = default)
    {
        if (import.Weights.Length > CheckpointLimits.MaxWeightsSizeInBytes)
        {
            throw new ArgumentException($"The weights of {import.Source} take {import.Weights.Length} bytes, and a silo takes at most {CheckpointLimits.MaxWeightsSizeInBytes} ({CheckpointLimits.MaxWeightsSizeInBytes >> 20} MiB). Import it into a store that this machine sees, with --store and without --server.");
        }

        using var model = JsonDocument.Parse(import.ModelJson);
        var query = string.Join('&', new (string Name, string Value)[] { ("dataset", import.Dataset), ("source", import.Source), ("model", JsonSerializer.Serialize(model, s_json)) }
            .Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        var weights = new ByteArrayContent(import.Weights) { Headers = { ContentType = new("application/octet-stream") } };
        using var answer = await SendAsync(HttpMethod.Put, $"{Path("checkpoints", import.Run)}/imported?{query}", weights, cancellationToken, isTransfer: true);
        return (await ReadAsync<ImportedName>(await RequireAsync(answer))).Name;
    }

    public async Task<CheckpointExport> ExportCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"{CheckpointPath(name)}/weights", null, cancellationToken, isTransfer: true);
        await RequireAsync(answer);
        return answer.Headers.TryGetValues(CheckpointHeaders.Model, out var model) ? new CheckpointExport(model.Single(), await answer.Content.ReadAsByteArrayAsync(cancellationToken)) : throw NotAServer(answer);
    }

    public async Task DeleteCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        using var answer = await SendAsync(HttpMethod.Delete, CheckpointPath(name), null, cancellationToken);
        await RequireAsync(answer);
    }

    public async Task<IReadOnlyList<SiloLoad>> ListSilosAsync(CancellationToken cancellationToken = default) => (await GetAsync<ClusterMap>("cluster", cancellationToken)).Silos;

    private static string Path(string kind, string name) => $"{kind}/{Uri.EscapeDataString(name)}";

    private static string CheckpointPath(string name) => name.StartsWith(Runs, StringComparison.Ordinal) && name[Runs.Length..].Split(Checkpoints) is [var run, var step]
        ? $"checkpoints/{Uri.EscapeDataString(run)}/{Uri.EscapeDataString(step)}"
        : throw new FileNotFoundException($"There is no checkpoint '{name}'.");

    private static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private async Task StartAsync(string kind, string name, string json, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Put, Path(kind, name), Json(json), cancellationToken);
        await RequireAsync(answer);
    }

    private async Task CommandAsync(string kind, string name, string command, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, $"{Path(kind, name)}/{command}", Json(""), cancellationToken);
        if (await ProblemAsync(answer) is { Type: ProblemTypes.UnknownName } problem)
        {
            throw new InvalidOperationException(problem.Detail);   // As the grain says it.
        }

        await RequireAsync(answer);
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ReadAsync<T>(await RequireAsync(answer));
    }

    private async Task<T?> TryGetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ProblemAsync(answer) is { Type: ProblemTypes.UnknownName } ? null : await ReadAsync<T>(await RequireAsync(answer));
    }

    private async Task<string?> TryGetTextAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ProblemAsync(answer) is { Type: ProblemTypes.UnknownName } ? null : await (await RequireAsync(answer)).Content.ReadAsStringAsync(cancellationToken);
    }

    /// <param name="isTransfer">Whether weights are sent or fetched.</param>
    /// <exception cref="IOException">Nobody answers.</exception>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, bool isTransfer = false)
    {
        using var request = new HttpRequestMessage(method, new Uri(http.BaseAddress!, $"api/v1/{path}")) { Content = content };
        if (isTransfer)
        {
            request.Options.Set(PatientHandler.LongestTry, s_longestTransfer);
            request.Headers.ExpectContinue = content is not null;   // A refusal comes before the weights are sent.
        }

        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutRejectedException)
        {
            throw new IOException($"No silo answers at {http.BaseAddress}: {exception.Message} Is one running ('afa silo') with that HTTP port?", exception);
        }
    }

    /// <summary>Lets an answer through that is no error; else throws what a grain would have thrown.</summary>
    private async Task<HttpResponseMessage> RequireAsync(HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        var problem = await ProblemAsync(answer) ?? throw NotAServer(answer);
        var detail = problem.Detail ?? problem.Title ?? $"HTTP status {(int)answer.StatusCode}.";
        throw (answer.StatusCode, problem.Type) switch
        {
            (_, ProblemTypes.WorkedOnElsewhere) => new WorkedOnElsewhereException(detail),
            (_, ProblemTypes.DamagedCheckpoint) => new InvalidDataException(detail),
            (HttpStatusCode.NotFound, _) => new FileNotFoundException(detail),
            (HttpStatusCode.Conflict, _) => new InvalidOperationException(detail),
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, _) => new UnauthorizedAccessException($"{http.BaseAddress}: {detail}"),
            ( >= HttpStatusCode.InternalServerError, _) => new IOException($"The silo at {http.BaseAddress} could not do that: {detail}"),
            _ => new ArgumentException(detail),
        };
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(await answer.Content.ReadAsStringAsync(), s_json) ?? throw NotAServer(answer);
        }
        catch (JsonException)
        {
            throw NotAServer(answer);
        }
    }

    /// <summary>The problem that the answer tells of; null if it tells of none.</summary>
    private static async Task<Problem?> ProblemAsync(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonSerializer.Deserialize<Problem>(await answer.Content.ReadAsStringAsync(), s_json) : null;

    private IOException NotAServer(HttpResponseMessage answer) =>
        new($"What answers at {http.BaseAddress} is no silo of AFA, or one of another version: HTTP status {(int)answer.StatusCode}, {answer.Content.Headers.ContentType?.MediaType ?? "no content"}.");

    private sealed record Problem(string? Type, string? Title, string? Detail);
}
