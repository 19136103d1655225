using Afa.Data;

namespace Afa.Client.Output;

/// <summary>Shows a pass over the images of a data set, with rate and time left.</summary>
internal sealed class PassProgress(IProgressView view, TimeProvider clock, string title) : IProgress<ConversionProgress>
{
    private readonly long _start = clock.GetTimestamp();

    public void Report(ConversionProgress value)
    {
        var seconds = clock.GetElapsedTime(_start).TotalSeconds;
        var details = new List<string>();
        if (seconds > 0 && value.Images > 0)
        {
            details.Add($"{StatusText.Number(value.Images / seconds, "0")} images/s");
            details.Add($"{StatusText.Duration(TimeSpan.FromSeconds(seconds * (value.TotalImages - value.Images) / value.Images))} left");
        }

        view.Update(new ProgressState($"{title} {StatusText.Name(value.Split)}", "image", value.Images, value.TotalImages, string.Join(", ", details)));
    }
}
