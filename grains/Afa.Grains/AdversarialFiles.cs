using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Evaluation;

namespace Afa.Grains;

/// <summary>Puts the adversarial images of an evaluation's units together: one <c>.npz</c> for each checkpoint and radius.</summary>
internal sealed class AdversarialFiles(EvaluationJob job, IReadOnlyCollection<UnitOutcome> outcomes, IBlobStore blobs)
{
    /// <summary>Writes <c>adversarial-CHECKPOINT-EPSILON.npz</c> (indices into the options) beside the result.</summary>
    /// <remarks>
    /// Arrays: x_adv, float32 [image, channel, height, width], an image that no attack broke is as it was; y and clean_prediction; sample_id;
    /// for each cascade broken_by_N, the stage that broke the image, -1 if none did.
    /// </remarks>
    public async Task WriteAsync(string evaluation)
    {
        foreach (var pair in outcomes.GroupBy(outcome => (outcome.Unit.Checkpoint, outcome.Unit.Epsilon)))
        {
            var name = $"evaluations/{evaluation}/adversarial-{pair.Key.Checkpoint}-{pair.Key.Epsilon}.npz";
            await using var file = new FileStream(
                Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, FileOptions.DeleteOnClose);
            await WriteAsync(file, evaluation, [.. pair.OrderBy(outcome => outcome.Unit.Start)]);
            file.Position = 0;
            await blobs.WriteAsync(name, file);
        }
    }

    /// <summary>Deletes the parts. Only of a completed evaluation: one that was interrupted puts them together again.</summary>
    public async Task DeletePartsAsync(string evaluation)
    {
        foreach (var outcome in outcomes)
        {
            await blobs.DeleteAsync(UnitRecords.AdversarialName(evaluation, UnitRecords.Key(outcome.Unit)));
        }
    }

    private async Task WriteAsync(Stream file, string evaluation, List<UnitOutcome> units)
    {
        var imageSize = job.Dataset.Channels * job.Dataset.Height * job.Dataset.Width;
        using var npz = new NpzWriter(file);
        npz.BeginArray("x_adv", job.Options.Images, job.Dataset.Channels, job.Dataset.Height, job.Dataset.Width);
        foreach (var unit in units)
        {
            var part = UnitRecords.AdversarialName(evaluation, UnitRecords.Key(unit.Unit));
            var size = (long)unit.Unit.Count * imageSize * sizeof(float);
            var pixels = await blobs.ReadAsync(part, size);
            if (pixels?.Length != size)
            {
                throw new InvalidDataException($"{part} should hold {size} bytes of adversarial images, but {(pixels is null ? "is gone" : $"holds {pixels.Length}")}. Start the evaluation under another name.");
            }

            npz.Append(MemoryMarshal.Cast<byte, float>(pixels));
        }

        npz.Write("y", [.. units.SelectMany(unit => unit.Labels)], job.Options.Images);
        npz.Write("clean_prediction", [.. units.SelectMany(unit => unit.Predictions)], job.Options.Images);
        npz.Write("sample_id", [.. units.SelectMany(unit => unit.SampleIds)], job.Options.Images);
        for (var cascade = 0; cascade < job.Cascades.Count; cascade++)
        {
            npz.Write($"broken_by_{cascade}", [.. units.SelectMany(unit => unit.Cascades[cascade].BrokenBy.Select(stage => stage ?? -1))], job.Options.Images);
        }
    }
}
