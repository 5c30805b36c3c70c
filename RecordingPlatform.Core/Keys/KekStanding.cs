namespace RecordingPlatform.Core.Keys;

public enum KekCondition { Unknown, Answering, Outage, Denied }

/// <summary>How the KEK in force stands, for health and alerts. <see cref="Why"/> names neither keys nor persons.</summary>
public sealed record KekHealth(string? VersionId, KekCondition Condition, DateTimeOffset Since, string? Why);

/// <summary>What is known of one KEK version, and how long after <see cref="FailedAt"/>, a timestamp of the monotonic clock, it is not asked again.</summary>
internal sealed record KekStanding(KekCondition Condition, DateTimeOffset Since, string? Why, long FailedAt, TimeSpan Pause, int Failures)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(5); // a vault's own Retry-After, kept in reason

    public static KekStanding Unknown(TimeProvider clock) => new(KekCondition.Unknown, clock.GetUtcNow(), null, 0, TimeSpan.Zero, 0);

    public KekStanding Answered(TimeProvider clock) =>
        new(KekCondition.Answering, Condition is KekCondition.Answering ? Since : clock.GetUtcNow(), null, 0, TimeSpan.Zero, 0);

    /// <summary>A denial is lifted by an answer only, never by a later time-out.</summary>
    public KekStanding Failed(KekFailure failure, TimeProvider clock)
    {
        var condition = failure.Kind is KekFailureKind.Denied || Condition is KekCondition.Denied ? KekCondition.Denied : KekCondition.Outage;
        // Several callers fail at once: that is one failure.
        var failures = PauseLeft(clock) > TimeSpan.Zero ? Failures : Failures + 1;
        return new KekStanding(
            condition,
            condition == Condition ? Since : clock.GetUtcNow(),
            condition is KekCondition.Denied && failure.Kind is KekFailureKind.Outage ? Why : failure.Why,
            clock.GetTimestamp(),
            condition is KekCondition.Denied ? LongestPause : PauseAfter(failures, failure.RetryAfter),
            failures);
    }

    public TimeSpan PauseLeft(TimeProvider clock)
    {
        if (Pause == TimeSpan.Zero)
            return TimeSpan.Zero;
        var left = Pause - clock.GetElapsedTime(FailedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public KeyUnavailableException Refusal(string versionId, TimeSpan retryAfter, Exception? inner) => Condition is KekCondition.Denied
        ? new KekDeniedException(versionId, Why ?? "", retryAfter, inner)
        : new KekOutageException(versionId, Why ?? "", retryAfter, inner);

    static TimeSpan PauseAfter(int failures, TimeSpan? asked)
    {
        var own = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(failures - 1, 10), LongestPause.Ticks));
        return asked > own ? TimeSpan.FromTicks(Math.Min(asked.Value.Ticks, LongestAsked.Ticks)) : own;
    }
}
