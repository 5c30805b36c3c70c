namespace RecordingPlatform.Core.Jobs;

/// <summary>How a run ended when it did not fail. A failure is an exception: it is kept, counted, and the job runs again.</summary>
public abstract record JobOutcome
{
    private protected JobOutcome()
    {
    }

    /// <summary>Nothing is left to do; also right when the work turned out to be done, or no longer wanted.</summary>
    public static JobOutcome Done { get; } = new Finished();

    /// <summary>Another worker should do it, at once; no failure.</summary>
    public static JobOutcome HandBack { get; } = new HandedBack();

    /// <summary>Not yet possible; no failure.</summary>
    /// <param name="delay">By the database's clock, from now.</param>
    /// <param name="why">What is waited for, as a code an operator can read: <c>KeyUnavailable</c>. Nothing personal.</param>
    public static JobOutcome Snooze(TimeSpan delay, string why) => new Snoozed(delay, null, why);

    /// <inheritdoc cref="Snooze(TimeSpan, string)"/>
    /// <param name="until">By the database's clock.</param>
    /// <param name="why">What is waited for.</param>
    public static JobOutcome Snooze(DateTimeOffset until, string why) => new Snoozed(null, until, why);

    public sealed record Finished : JobOutcome;

    public sealed record HandedBack : JobOutcome;

    public sealed record Snoozed(TimeSpan? Delay, DateTimeOffset? Until, string Why) : JobOutcome;
}
