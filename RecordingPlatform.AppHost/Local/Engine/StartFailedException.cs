namespace RecordingPlatform.AppHost.Local;

/// <summary>The platform cannot start, for a reason that the one who started it can act on: one line, shown as it is.</summary>
internal sealed class StartFailedException : Exception
{
    public StartFailedException()
    {
    }

    public StartFailedException(string message)
        : base(message)
    {
    }

    public StartFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
