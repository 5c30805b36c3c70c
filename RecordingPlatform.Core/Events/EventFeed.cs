using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

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
        var place = new Place(await tail.SubscribeAsync(ct), clock.GetTimestamp());
        try
        {
            var begin = await BeginAsync(lastSeen, place.Live.From, ct);
            place.Seen = begin ?? place.Live.From;
            yield return begin is null ? new FeedItem.Reset(place.Seen) : new FeedItem.Opened(place.Seen);
            while (await NextAsync(place, heartbeat, ct) is { } next)
            {
                if (next.Kept is false)
                    yield return new FeedItem.Reset(place.Seen);
                if (await VisibleAsync(next.Events, identify, ct) is not { } visible)
                    yield break;
                foreach (var happened in visible.Where(e => e.Seq > place.Seen))
                {
                    place.SaidAt = clock.GetTimestamp();
                    yield return new FeedItem.Happened(happened);
                }
                if (next.Events is [.., var last])
                    place.Seen = Math.Max(place.Seen, last.Seq);
                if (clock.GetElapsedTime(place.SaidAt) < heartbeat)
                    continue;
                place.SaidAt = clock.GetTimestamp();
                yield return new FeedItem.Silence();
            }
        }
        finally
        {
            place.Live.Dispose();
        }
    }

    sealed class Place(EventSubscription live, long saidAt)
    {
        public EventSubscription Live { get; set; } = live;
        public long Seen { get; set; }
        public long SaidAt { get; set; } = saidAt;
    }

    /// <param name="Events">In their order; none at silence.</param>
    /// <param name="Kept">False when what lies before the place was no longer there to read.</param>
    readonly record struct Batch(List<PublicEvent> Events, bool Kept = true);

    /// <summary>From the table what lies behind the subscription, then from the subscription. Null when the stream is too far behind.</summary>
    async Task<Batch?> NextAsync(Place place, TimeSpan heartbeat, CancellationToken ct)
    {
        if (place.Seen >= place.Live.From)
        {
            if (await TakeAsync(place.Live, heartbeat - clock.GetElapsedTime(place.SaidAt), ct) is { } taken)
                return new(taken);
            // More came at once than may wait here: it is all in the table.
            place.Live.Dispose();
            place.Live = await tail.SubscribeAsync(ct);
            if (place.Live.From - place.Seen > LongestResume)
                return null;
        }
        var wanted = (int)Math.Min(AtOnce, Math.Max(0, place.Live.From - place.Seen));
        var read = wanted == 0 ? [] : await tail.ReadAsync(place.Seen, wanted, ct);
        if (read.Count == wanted)
            return new(read);
        place.Seen = place.Live.From;
        return new([], Kept: false);
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

    /// <summary>What is there, or nothing when nothing came in time; null when the subscription has overflowed.</summary>
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
            seen.UnionWith(await db.ConversationsVisibleTo(caller).Where(c => conversations.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct));
        var awaited = events.Where(e => e.Kind == Expectation.ChangedKind).Select(e => e.ConversationId).OfType<Guid>().Distinct().ToList();
        // A grant, or having brought one recording, shows the conversation, and not what else should exist of it.
        HashSet<Guid> expected = awaited.Count > 0 && caller.May(Permission.CompletenessRead) && db.ExpectationsVisibleTo(caller) is { } expectations
            ? [.. await expectations.Where(e => awaited.Contains(e.ConversationId)).Select(e => e.ConversationId).Distinct().ToListAsync(ct)]
            : [];
        var noted = events.Where(e => e.Kind == RecordingNotes.Changed).Select(e => e.RecordingId).OfType<Guid>().Distinct().ToList();
        // Not even that there are notes, to whom they are closed.
        HashSet<Guid> notes = noted.Count > 0 && caller.May(Permission.NotesRead)
            ? [.. await db.Recordings.VisibleTo(caller).Where(RecordingNotes.OpenTo(caller)).Where(r => noted.Contains(r.Id)).Select(r => r.Id).ToListAsync(ct)]
            : [];
        // Of how sources are set up nobody else is told; a key that works for one source is not either.
        var sources = caller.SourceId is null && caller.May(Permission.SourcesRead);
        return [.. events.Where(e => e.Kind == SourceSetup.Changed ? sources : (e.RecordingId ?? e.ConversationId) is { } about && (e.Kind switch
        {
            RecordingNotes.Changed => notes,
            Expectation.ChangedKind => expected,
            _ => seen,
        }).Contains(about))];
    }
}
