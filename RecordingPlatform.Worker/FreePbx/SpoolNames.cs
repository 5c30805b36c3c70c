using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>Reads names once: a folder of ten thousand is looked at each second.</summary>
sealed class SpoolNames
{
    // Two full days; then it begins anew.
    const int Most = 50_000;

    readonly Dictionary<string, MonitorFileName?> _read = new(StringComparer.Ordinal);

    /// <summary>Null when the name is none of a recording.</summary>
    public MonitorFileName? Read(string name)
    {
        if (_read.TryGetValue(name, out var known))
            return known;
        if (_read.Count >= Most)
            _read.Clear();
        return _read[name] = MonitorFileName.TryParse(name, out var file, out _) ? file : null;
    }

    /// <summary>The recordings among the entries of a folder.</summary>
    public IEnumerable<FoundFile> Recordings(string folder, IEnumerable<SpoolEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry is { Name: { } name, SizeBytes: >= 0 } && Read(name) is { } file)
                yield return new FoundFile($"{folder}/{name}", file, entry);
        }
    }
}
