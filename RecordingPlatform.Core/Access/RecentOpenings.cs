using Microsoft.Extensions.Caching.Memory;

namespace RecordingPlatform.Core.Access;

/// <summary>
/// Playback tickets that were opened within the last second, for the ranges that a player asks for in one breath. A right
/// that is taken away ends within that second, as it ends a range that was under way.
/// </summary>
public sealed class RecentOpenings : IDisposable
{
    static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    // An opening is a few hundred bytes: this bounds a flood of tickets to some megabytes.
    readonly MemoryCache _openings = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    public OpenedTicket? Find(string text) => _openings.TryGetValue(text, out OpenedTicket? opened) ? opened : null;

    /// <param name="text">The ticket, whose signature was verified.</param>
    /// <param name="opened">What it opens.</param>
    /// <param name="left">How long the ticket itself still holds.</param>
    public void Remember(string text, OpenedTicket opened, TimeSpan left) =>
        _openings.Set(text, opened, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = left < Lifetime ? left : Lifetime });

    public void Dispose() => _openings.Dispose();
}
