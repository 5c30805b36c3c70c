using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Events;

/// <summary>What a stream says next.</summary>
public abstract record FeedItem
{
    /// <summary>Where the stream begins.</summary>
    public sealed record Opened(long Seq) : FeedItem;

    /// <summary>It could not go on from where it was asked to: load anew what is shown.</summary>
    public sealed record Reset(long Seq) : FeedItem;

    public sealed record Happened(PublicEvent Event) : FeedItem;

    /// <summary>Nothing was said for a while.</summary>
    public sealed record Silence : FeedItem;
}

/// <summary>One caller's stream of events: from where they left off, and only what they may see when it is sent.</summary>
public sealed class EventFeed(EventTail tail, IDbContextFactory<RecordingDb> databases, TimeProvider clock)
{
    /// <summary>Further behind, loading anew costs less than being told everything.</summary>
    public const int LongestResume = 10_000;

    const int AtOnce = 250;

    /// <summary>Ends when the caller is gone or may no longer read, and when they are too slow.</summary>
    /// <param name="lastSeen">The last number seen, as the client gave it; null to begin now.</param>
    /// <param name="identify">Looks the credential up anew: rights are as of each sending.</param>
    /// <param name="heartbeat">The longest silence, and how late the end of a session shows.</param>
    /// <param name="ct">Ends the stream.</param>
    public async IAsyncEnumerable<FeedItem> FollowAsync(
        string? lastSeen, Func<RecordingDb, CancellationToken, Task<Caller?>> identify, TimeSpan heartbeat, [EnumeratorCancellation] CancellationToken ct)
    {
        using var subscription = await tail.SubscribeAsync(ct);
        var said = clock.GetTimestamp();
        var place = await BeginAsync(lastSeen, subscription.From, ct);
        yield return place is null ? new FeedItem.Reset(subscription.From) : new FeedItem.Opened(place.Value);
        var seen = place ?? subscription.From;
        while (true)
        {
            List<PublicEvent> next;
            if (seen < subscription.From)
            {
                next = await tail.ReadAsync(seen, (int)Math.Min(AtOnce, subscription.From - seen), ct);
                if (next.Count != Math.Min(AtOnce, subscription.From - seen))
                {
                    // Their rows are no longer kept.
                    seen = subscription.From;
                    yield return new FeedItem.Reset(seen);
                    continue;
                }
            }
            else
            {
                if (await TakeAsync(subscription, heartbeat - clock.GetElapsedTime(said), ct) is not { } taken)
                    yield break;
                next = taken;
            }
            if (await VisibleAsync(next, identify, ct) is not { } visible)
                yield break;
            foreach (var happened in visible.Where(e => e.Seq > seen))
            {
                said = clock.GetTimestamp();
                yield return new FeedItem.Happened(happened);
            }
            if (next.Count > 0)
                seen = Math.Max(seen, next[^1].Seq);
            if (clock.GetElapsedTime(said) >= heartbeat)
            {
                said = clock.GetTimestamp();
                yield return new FeedItem.Silence();
            }
        }
    }

    // Null: not from there.
    async Task<long?> BeginAsync(string? lastSeen, long head, CancellationToken ct)
    {
        if (lastSeen is null)
            return head;
        if (!long.TryParse(lastSeen, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) || seq < head - LongestResume)
            return null;
        // Another replica may have read further than this one.
        return seq <= head || seq <= await tail.NewestAsync(ct) ? seq : null;
    }

    /// <summary>What is there, or nothing when nothing came in time; null when the stream was ended.</summary>
    async Task<List<PublicEvent>?> TakeAsync(EventSubscription subscription, TimeSpan limit, CancellationToken ct)
    {
        using var passed = new CancellationTokenSource(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(passed.Token, ct);
        try
        {
            if (!await subscription.Events.WaitToReadAsync(either.Token))
                return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return [];
        }
        var taken = new List<PublicEvent>();
        while (taken.Count < AtOnce && subscription.Events.TryRead(out var next))
            taken.Add(next);
        return taken;
    }

    /// <summary>Null when the caller is gone. Asked at silence too: that is how the end of a session is noticed.</summary>
    async Task<List<PublicEvent>?> VisibleAsync(List<PublicEvent> events, Func<RecordingDb, CancellationToken, Task<Caller?>> identify, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        if (await identify(db, ct) is not { } caller || !caller.May(Permission.RecordingsRead))
            return null;
        var recordings = events.Select(e => e.RecordingId).OfType<Guid>().Distinct().ToList();
        var conversations = events.Where(e => e.RecordingId is null).Select(e => e.ConversationId).OfType<Guid>().Distinct().ToList();
        HashSet<Guid> seen = [];
        if (recordings.Count > 0)
            seen.UnionWith(await db.Recordings.VisibleTo(caller).Where(r => recordings.Contains(r.Id)).Select(r => r.Id).ToListAsync(ct));
        if (conversations.Count > 0)
            seen.UnionWith(await db.Recordings.VisibleTo(caller).Where(r => conversations.Contains(r.ConversationId)).Select(r => r.ConversationId).Distinct().ToListAsync(ct));
        return [.. events.Where(e => (e.RecordingId ?? e.ConversationId) is { } about && seen.Contains(about))];
    }
}
