using Microsoft.Extensions.Logging;

namespace Afa.Tests.Grains;

/// <summary>Writes what the silos log to a file of the process, for whoever looks into a failure: AFA_TEST_LOG names the folder.</summary>
internal sealed class FileLog(string folder) : ILoggerProvider
{
    private static readonly Lock Lock = new();

    public ILogger CreateLogger(string categoryName) => new Category(Path.Combine(folder, $"silos-{Environment.ProcessId}.log"), categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(string path, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lock)
            {
                File.AppendAllText(path, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {name}: {formatter(state, exception)} {exception}\n");
            }
        }
    }
}
