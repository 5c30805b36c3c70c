namespace RecordingPlatform.Core.Data;

/// <summary>The row that moves <c>app_now()</c> in tests; zero in production.</summary>
public sealed class ClockRow
{
    public bool Singleton { get; init; } = true;
    public TimeSpan ClockOffset { get; init; }
}

/// <summary>Raised after a restore, so that rows written before sort before all rows written since.</summary>
public sealed class EpochRow
{
    public int Epoch { get; init; }
    public DateTimeOffset BeganAt { get; init; }
    public required string Why { get; init; }
}
