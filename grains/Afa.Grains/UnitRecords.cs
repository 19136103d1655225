using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Evaluation;
using Afa.Training;
using Microsoft.Extensions.Logging;

namespace Afa.Grains;

/// <summary>The records of an evaluation's finished units: in the store, and those read so far in memory. A unit is one blob, whoever did it and however often.</summary>
internal sealed class UnitRecords(IBlobStore blobs, string evaluation, IReadOnlyList<EvaluationUnit> plan, EvaluationJob job, ILogger logger)
{
    private const long MaxSizeInBytes = 256 << 20;

    private readonly Dictionary<string, EvaluationUnit> _units = plan.ToDictionary(Key);
    private readonly Dictionary<string, UnitOutcome> _outcomes = [];

    /// <summary>Records by key, each whole and of this plan.</summary>
    public IReadOnlyDictionary<string, UnitOutcome> Outcomes => _outcomes;

    /// <summary>Units without a record, in the order of the plan.</summary>
    public IEnumerable<EvaluationUnit> Missing => plan.Where(unit => !_outcomes.ContainsKey(Key(unit)));

    /// <summary>Names a unit.</summary>
    public static string Key(EvaluationUnit unit) => string.Create(CultureInfo.InvariantCulture, $"{unit.Checkpoint:D4}-{unit.Epsilon:D2}-{unit.Start:D6}-{unit.Count}");

    /// <summary>Where a unit's adversarial images lie until they are put together: float32, little-endian.</summary>
    public static string AdversarialName(string evaluation, string unit) => $"evaluations/{evaluation}/units/{unit}.adversarial";

    /// <summary>Reads the records that are new in the store. A damaged one is left out: its unit runs again.</summary>
    public async Task RefreshAsync()
    {
        var prefix = $"evaluations/{evaluation}/units/";
        await foreach (var blob in blobs.ListAsync(prefix))
        {
            var key = Path.GetFileNameWithoutExtension(blob.Name[prefix.Length..]);
            if (blob.Name.EndsWith(".json", StringComparison.Ordinal) && _units.TryGetValue(key, out var unit) && !_outcomes.ContainsKey(key))
            {
                await ReadAsync(blob.Name, key, unit);
            }
        }
    }

    /// <summary>Stores the record of a unit, then counts it.</summary>
    public async Task AddAsync(EvaluationUnit unit, string json)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(json);
        var outcome = Parse(unit, content);
        await blobs.WriteAsync($"evaluations/{evaluation}/units/{Key(unit)}.json", content);
        _outcomes[Key(unit)] = outcome;
    }

    private async Task ReadAsync(string blob, string key, EvaluationUnit unit)
    {
        try
        {
            if (await blobs.ReadAsync(blob, MaxSizeInBytes) is { } content)
            {
                _outcomes[key] = Parse(unit, content);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            logger.LogWarning("The record {Blob} is damaged and its unit runs again: {Reason}", blob, exception.Message);
        }
    }

    private UnitOutcome Parse(EvaluationUnit unit, byte[] content) =>
        JsonSerializer.Deserialize<UnitOutcome>(content, AfaJson.Options) is { } outcome && outcome.Fits(unit, job.Cascades, job.Dataset.Classes)
            ? outcome
            : throw new JsonException("it holds other images or attacks than its name says");
}
