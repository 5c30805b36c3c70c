using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Operations;

internal sealed record Overview
{
    public required DateTimeOffset At { get; init; }
    /// <summary>Whose days and hours these are.</summary>
    public required string TimeZone { get; init; }
    public required IntakePart Intake { get; init; }
    /// <summary>Null for patients, and for keys without a source.</summary>
    public MissingPart? Missing { get; init; }
    /// <summary>Null without the permission ops.read.</summary>
    public QueuePart? Queue { get; init; }
    /// <summary>At most five minutes old. Null without the permission ops.read.</summary>
    public StoragePart? Storage { get; init; }
    /// <summary>Null without the permission holds.place.</summary>
    public HoldsPart? Holds { get; init; }

    /// <summary>Recordings by the time they were recorded: the list of that time shows the same.</summary>
    public sealed record IntakePart
    {
        public required IReadOnlyList<Slice> Hours { get; init; }
        /// <summary>14, today last.</summary>
        public required IReadOnlyList<Slice> Days { get; init; }
        /// <summary>Of today.</summary>
        public required IReadOnlyList<SourceCount> TodayBySource { get; init; }
        /// <summary>Of all 14 days.</summary>
        public required IReadOnlyList<SourceCount> BySource { get; init; }
        /// <summary>Null when everything is counted; else nothing older than this is.</summary>
        public DateTimeOffset? CountedFrom { get; init; }

        public static IntakePart Of(OverviewDays days, Tally tally)
        {
            var bounds = days.Bounds;
            var today = days.Past.Count;
            var hours = days.Today.Select((_, hour) => SliceOf(today + hour, today + hour + 1)).ToList();
            return new()
            {
                Hours = hours,
                Days = [.. days.Past.Select((_, day) => SliceOf(day, day + 1)), SliceOf(today, bounds.Count)],
                TodayBySource = BySourceOf(tally.Lines.Where(l => l.Range > today)),
                BySource = BySourceOf(tally.Lines),
                CountedFrom = tally.CountedFrom,
            };

            // Ranges are numbered from 1.
            Slice SliceOf(int first, int behind)
            {
                var lines = tally.Lines.Where(l => l.Range > first && l.Range <= behind).ToList();
                return new()
                {
                    From = bounds[first],
                    To = behind < bounds.Count ? bounds[behind] : days.End,
                    Total = lines.Sum(l => l.Count),
                    ByStatus = lines.GroupBy(l => l.Status, StringComparer.Ordinal).ToDictionary(s => s.Key, s => s.Sum(l => l.Count), StringComparer.Ordinal),
                };
            }
        }

        static List<SourceCount> BySourceOf(IEnumerable<TallyLine> lines) =>
            [.. lines.GroupBy(l => l.Source, StringComparer.Ordinal).Select(s => new SourceCount { Source = s.Key, Total = s.Sum(l => l.Count) }).OrderByDescending(s => s.Total).ThenBy(s => s.Source, StringComparer.Ordinal)];
    }

    public sealed record Slice
    {
        public required DateTimeOffset From { get; init; }
        /// <summary>Where the next begins.</summary>
        public required DateTimeOffset To { get; init; }
        public required int Total { get; init; }
        /// <summary>Only statuses that some have.</summary>
        public required IReadOnlyDictionary<string, int> ByStatus { get; init; }
    }

    public sealed record SourceCount
    {
        public required string Source { get; init; }
        public required int Total { get; init; }
    }

    public sealed record MissingPart
    {
        /// <summary>Due by now and not there; counted to 1,000.</summary>
        public required int Late { get; init; }
        /// <summary>Due later; counted to 1,000.</summary>
        public required int Expected { get; init; }
        /// <summary>The ten late ones that were due last.</summary>
        public required IReadOnlyList<MissingRecording> Newest { get; init; }

        public static MissingPart Of(MissingRecordings missing) => new() { Late = missing.Late, Expected = missing.Expected, Newest = missing.Newest };
    }

    public sealed record QueuePart
    {
        /// <summary>Jobs that could run now.</summary>
        public required long Due { get; init; }
        /// <summary>Jobs that wait for their time.</summary>
        public required long Later { get; init; }
        public required long Running { get; init; }
        /// <summary>Given up: somebody has to look.</summary>
        public required long Dead { get; init; }
        /// <summary>How long the oldest due job has waited.</summary>
        public required double OldestWaitSeconds { get; init; }

        public static QueuePart Of(JobDepth depth) => new() { Due = depth.Due, Later = depth.Later, Running = depth.Running, Dead = depth.Dead, OldestWaitSeconds = Math.Round(depth.LongestWait.TotalSeconds, 1) };
    }

    public sealed record StoragePart
    {
        /// <summary>Sealed bytes of everything.</summary>
        public required long Bytes { get; init; }
        public required long Objects { get; init; }
        /// <summary>hot, cool, cold and archive, as far as anything lies there.</summary>
        public required IReadOnlyList<TierPart> Tiers { get; init; }

        public static StoragePart Of(IReadOnlyList<PlatformGauges.TierSize> tiers) => new()
        {
            Bytes = tiers.Sum(t => t.Bytes),
            Objects = tiers.Sum(t => t.Objects),
            Tiers = [.. tiers.OrderBy(t => Enum.Parse<Core.Objects.Tier>(t.Tier, ignoreCase: true)).Select(t => new TierPart { Tier = t.Tier, Bytes = t.Bytes, Objects = t.Objects })],
        };
    }

    public sealed record TierPart
    {
        public required string Tier { get; init; }
        public required long Bytes { get; init; }
        public required long Objects { get; init; }
    }

    public sealed record HoldsPart
    {
        /// <summary>In force; counted to 10,000.</summary>
        public required int Active { get; init; }
        /// <summary>The matters that they belong to.</summary>
        public required int Matters { get; init; }
    }
}
