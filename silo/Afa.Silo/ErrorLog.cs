using Microsoft.Extensions.Logging;

namespace Afa.Silo;

/// <summary>Shows the embedded silo's warnings to the user when AFA_DEBUG is set; the client reports failures itself.</summary>
internal sealed class ErrorLog : ILoggerProvider, ILogger
{
    private static readonly bool IsOn = Environment.GetEnvironmentVariable("AFA_DEBUG") is "1";

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => IsOn && logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine($"[{logLevel}] {formatter(state, exception)}{(exception is null ? "" : Environment.NewLine + exception)}");
        }
    }

    public void Dispose()
    {
    }
}
