using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>A call whose recording is looked for now.</summary>
sealed record WaitingCall
{
    public required Guid ExpectationId { get; init; }
    public required Guid ConversationId { get; init; }
    public required bool IsLate { get; init; }
    /// <summary>One of its recordings came before it ended: further ones are looked for.</summary>
    public required bool IsReceived { get; init; }
    /// <summary>As it was read: whoever changed it meanwhile has the last word.</summary>
    public required DateTimeOffset LookAt { get; init; }
    /// <summary>Time since the report that retrieval goes by.</summary>
    public required TimeSpan Since { get; init; }
    /// <summary>Nobody looks after this time.</summary>
    public required bool IsLast { get; init; }
    public required DateTimeOffset LookFrom { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset? EndedAt { get; init; }
    public required DateTimeOffset Now { get; init; }
    /// <summary>Its unique ids and its linked id.</summary>
    public required string[] Keys { get; init; }
}

/// <summary>A file of a call, as it was found.</summary>
sealed record FoundFile(string Path, MonitorFileName Name, SpoolEntry Entry)
{
    public bool HoldsNothing => Entry.SizeBytes <= Name.HeaderBytes;

    public SeenFile Seen(Guid? conversation) => new(Path, Entry.SizeBytes, Entry.ModifiedAt, conversation);
}

/// <summary>What follows from a look at the files of one call.</summary>
sealed record Finding
{
    public required Sighting Sighting { get; init; }
    /// <summary>What to take in now.</summary>
    public required IReadOnlyList<FetchSpoolFile> Fetches { get; init; }
    /// <summary>The PBX writes: the call lasts, and its recording is not late.</summary>
    public required bool Grows { get; init; }
    /// <summary>A file of the call that a job has in hand.</summary>
    public Guid? InHand { get; init; }
    /// <summary>A recording that was taken in before the call was known to be its own.</summary>
    public Guid? Taken { get; init; }
    /// <summary>For people; null when there is nothing to say.</summary>
    public string? Problem { get; init; }

    /// <param name="files">All that were found of the call.</param>
    /// <param name="known">What is known of each, by path.</param>
    /// <param name="ended">Whether the end of the call is known.</param>
    /// <param name="isLast">Nobody will look again: what is there now is all there will be.</param>
    public static Finding Judge(IReadOnlyList<FoundFile> files, IReadOnlyDictionary<string, KnownFile> known, bool ended, bool isLast)
    {
        var judge = new Judgement(known, ended, isLast);
        foreach (var one in files.Where(f => f.Entry.Kind == SpoolKind.File).GroupBy(f => f.Path[..^f.Name.Name.Length] + f.Name.WithoutLeg, StringComparer.Ordinal))
        {
            foreach (var whole in one.Where(f => f.Name.Leg is null))
                judge.Whole(whole);
            if (one.Any(f => f.Name.Leg is not null))
                judge.Legs(one.FirstOrDefault(f => f.Name.Leg == MonitorLeg.In), one.FirstOrDefault(f => f.Name.Leg == MonitorLeg.Out));
        }
        return judge.Finding();
    }

    sealed class Judgement(IReadOnlyDictionary<string, KnownFile> known, bool ended, bool isLast)
    {
        readonly List<FetchSpoolFile> _fetches = [];
        KnownFile? _empty;
        Guid? _inHand, _taken;
        Sighting _sighting;
        bool _grows;
        string? _problem;

        public void Whole(FoundFile file)
        {
            if (Open(file) is not { } standing)
                return;
            if (file.HoldsNothing)
                _empty ??= standing;
            else if (IsReady(standing))
                _fetches.Add(new FetchSpoolFile { SpoolFileId = standing.Id });
        }

        public void Legs(FoundFile? heard, FoundFile? said)
        {
            var (first, second) = (heard is null ? null : Open(heard), said is null ? null : Open(said));
            var (firstHolds, secondHolds) = (first is not null && !heard!.HoldsNothing, second is not null && !said!.HoldsNothing);
            if (firstHolds && secondHolds)
            {
                // Both are asked: each counts its own sightings.
                if (IsReady(first!) & IsReady(second!))
                    _fetches.Add(new FetchSpoolFile { SpoolFileId = first!.Id, OtherLegId = second!.Id });
            }
            else if ((firstHolds ? first : secondHolds ? second : null) is { } alone)
            {
                if (!IsReady(alone))
                    return;
                if (isLast)
                    _fetches.Add(new FetchSpoolFile { SpoolFileId = alone.Id });
                else
                    _problem = "Only one of the recording's two legs is there so far; the other is waited for.";
            }
            else if ((first ?? second) is { } empty)
            {
                _empty ??= empty;
            }
        }

        // Null when it is past being watched.
        KnownFile? Open(FoundFile file)
        {
            if (!known.TryGetValue(file.Path, out var standing))
                return null;
            if (standing.State == SpoolFileState.Fetching)
                _inHand = standing.Id;
            if (standing.State == SpoolFileState.Taken)
                _taken = standing.RecordingId;
            return standing.State == SpoolFileState.Seen ? standing : null;
        }

        bool IsReady(KnownFile standing)
        {
            if (SpoolReadiness.IsReady(standing.Still, standing.Looks, ended))
                return true;
            _grows = true;
            _sighting = standing.Looks >= SpoolReadiness.Looks && _sighting != Sighting.Growing ? Sighting.Still : Sighting.Growing;
            return false;
        }

        public Finding Finding()
        {
            if (isLast && _fetches.Count == 0 && _inHand is null && _taken is null && _empty is { } empty)
                _fetches.Add(new FetchSpoolFile { SpoolFileId = empty.Id, AsItIs = true });
            return new Finding
            {
                Sighting = _fetches.Count > 0 || _inHand is not null ? Sighting.Growing : _sighting,
                Fetches = _fetches,
                Grows = _grows,
                InHand = _inHand,
                Taken = _taken,
                Problem = _problem,
            };
        }
    }
}
