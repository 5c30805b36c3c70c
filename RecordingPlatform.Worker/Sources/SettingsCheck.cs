using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Sources;

/// <summary>What is missing in how a source is set up, before anything is asked of the other side.</summary>
internal static class SettingsCheck
{
    /// <param name="db">Read only.</param>
    /// <param name="source">As it is set up.</param>
    /// <param name="secrets">Null when they cannot be opened now: nothing is said of them.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<SourceFinding>> FindAsync(RecordingDb db, Source source, SourceSecrets? secrets, CancellationToken ct)
    {
        if (!SourceRules.Creatable.Contains(source.Kind))
            return [Finding.Good(SourceSubject.Settings, "A source of this kind reports nothing and leaves its media nowhere: there is nothing to connect to.")];
        var missing = new List<SourceFinding>();
        void Say(string message) => missing.Add(Finding.Bad(SourceSubject.Settings, message));

        if (!source.Enabled)
            Say("The source is switched off: its reports are turned away and nothing is fetched. Switch it on.");
        // A Jibri's own script brings what it records.
        if (source is { MediaLocation: null, Kind: SourceKind.Freepbx })
            Say("No media location is set, so nothing can be fetched. Write where the PBX leaves its recordings.");
        else if (source.MediaLocation is { } text && !MediaLocation.TryParse(text, out _, out var problem))
            Say($"The media location cannot be used. {problem}");
        if (secrets is { WebhookSecrets.Count: 0 } && !await HasKeyAsync(db, source, ct))
            Say($"The source has neither a webhook secret nor an API key of scope ingest:{source.Name}, so every report is turned away. Generate a webhook secret here, or make such a key under API keys.");
        if (await RetrievalStop.Standing(db).AsNoTracking().FirstOrDefaultAsync(s => s.SourceId == source.Id, ct) is { } stop)
            Say($"Nothing is fetched until somebody has looked: {stop.Reason} Once that is mended, save the source.");
        return missing.Count > 0 ? missing
            : [Finding.Good(SourceSubject.Settings, $"The source is switched on and its reports can be recognised; {(source.MediaLocation is null ? "without a media location, what it records is pushed" : "its media location is set")}.")];
    }

    static Task<bool> HasKeyAsync(RecordingDb db, Source source, CancellationToken ct)
    {
        var scope = $"ingest:{source.Name}";
        return db.ApiKeys.AnyAsync(k => k.Scopes.Contains(scope) && k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > RecordingDb.Now()), ct);
    }
}
