namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// Looks for any 64 consecutive bytes of a plaintext, at any offset, in files and texts. Windows with fewer than 16 distinct
/// values (silence, padding) say nothing and are left out.
/// </summary>
internal sealed class PlaintextSearch
{
    public const int Window = 64;
    const int MinDistinct = 16;
    const ulong Base = 0x9E3779B97F4A7C15;

    static readonly ulong LeavingFactor = Enumerable.Range(0, Window - 1).Aggregate(1UL, (power, _) => unchecked(power * Base));

    readonly List<byte[]> _plaintexts = [];
    readonly Dictionary<ulong, List<(int Text, int Offset)>> _windows = [];
    // One bit for each of 2^24 hash prefixes: nearly every position of a haystack is settled by it.
    readonly ulong[] _sieve = new ulong[(1 << 24) / 64];

    public PlaintextSearch(params byte[][] plaintexts)
    {
        foreach (var plaintext in plaintexts)
        {
            var text = _plaintexts.Count;
            _plaintexts.Add(plaintext);
            Roll(plaintext, (hash, offset) =>
            {
                if (CountDistinct(plaintext.AsSpan(offset, Window)) < MinDistinct)
                    return false;
                if (!_windows.TryGetValue(hash, out var places))
                    _windows[hash] = places = [];
                places.Add((text, offset));
                _sieve[hash >> 40 >> 6] |= 1UL << (int)(hash >> 40 & 63);
                return false;
            });
        }
        if (_windows.Count == 0)
            throw new ArgumentException("The plaintext has no window worth looking for.", nameof(plaintexts));
    }

    /// <summary>A window that the search must find when it is there.</summary>
    public byte[] AnyWindow => _windows.Values.Select(places => places[0]).Select(p => _plaintexts[p.Text].AsSpan(p.Offset, Window).ToArray()).First();

    /// <summary>Paths below the folder whose bytes hold a window. Files that vanish meanwhile are passed over.</summary>
    public List<string> FindIn(string folder) => !Directory.Exists(folder) ? [] :
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(".lock", StringComparison.Ordinal) && File.ResolveLinkTarget(path, false) is null).Where(path => Read(path) is { } bytes && IsIn(bytes))];

    public bool IsIn(byte[] haystack) => Roll(haystack, (hash, offset) =>
        (_sieve[hash >> 40 >> 6] & 1UL << (int)(hash >> 40 & 63)) != 0
        && _windows.TryGetValue(hash, out var places)
        && places.Exists(p => _plaintexts[p.Text].AsSpan(p.Offset, Window).SequenceEqual(haystack.AsSpan(offset, Window))));

    static bool Roll(byte[] bytes, Func<ulong, int, bool> found)
    {
        ulong hash = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i >= Window)
                hash -= unchecked((bytes[i - Window] + 1UL) * LeavingFactor);
            hash = unchecked(hash * Base + bytes[i] + 1UL);
            if (i >= Window - 1 && found(hash, i - Window + 1))
                return true;
        }
        return false;
    }

    static int CountDistinct(ReadOnlySpan<byte> window)
    {
        Span<bool> seen = stackalloc bool[256];
        var distinct = 0;
        foreach (var value in window)
        {
            if (!seen[value])
                distinct++;
            seen[value] = true;
        }
        return distinct;
    }

    static byte[]? Read(string path)
    {
        try
        {
            // Whoever writes it may go on: what counts is what lies there now.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
