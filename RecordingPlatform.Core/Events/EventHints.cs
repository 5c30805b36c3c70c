using System.Threading.Channels;

namespace RecordingPlatform.Core.Events;

/// <summary>The names hints go by, between processes.</summary>
public static class EventChannels
{
    /// <summary>Events were committed: something for the sequencer.</summary>
    public const string Written = "events_written";

    /// <summary>Events got their numbers: something for the streams.</summary>
    public const string Sequenced = "events_sequenced";

    /// <summary>The same by way of Redis, apart from the channels of whatever else uses it. A message says nothing but that it came.</summary>
    public const string SequencedByRedis = "rp:events_sequenced";
}

/// <summary>
/// "There may be something new": what a loop that polls waits for, so that it need not wait for its time. Several hints are
/// one; one that is lost costs a poll.
/// </summary>
public sealed class EventHints(TimeProvider clock)
{
    readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _set.Writer.TryWrite(true);

    /// <summary>Returns once woken, or after the time-out. For one loop.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken ct)
    {
        using var passed = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(passed.Token, ct);
        try
        {
            await _set.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The time-out: time to look.
        }
    }
}
