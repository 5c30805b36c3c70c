#pragma warning disable RS0030 // The disk provider's objects are files.
using System.Globalization;
using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// The line beside an object that says its tier (CONTRACT.md, Disk). No line means hot. The end of a restore is not written:
/// it follows from the time in the line, so no process has to be there for it.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class TierRecord
{
    public const string Suffix = "tier";

    public static TierState Read(string objectPath, DateTimeOffset now)
    {
        var record = objectPath + Suffix;
        // Nearly every object is hot and every read asks: a look costs a tenth of an exception.
        if (!File.Exists(record))
            return new TierState(StorageTier.Hot);

        string line;
        try
        {
            line = File.ReadAllText(record);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new TierState(StorageTier.Hot);
        }

        if (!TryParse(line, out var tier, out var restoringTo, out var readyAt))
            throw new IOException($"The tier record '{Path.GetFileName(record)}' holds no tier.");
        if (restoringTo is not { } target)
            return new TierState(tier);
        return now < readyAt ? new TierState(tier, target) : new TierState(target);
    }

    /// <returns>The line, or null for hot, which has none.</returns>
    public static string? Line(TierState state, DateTimeOffset readyAt) => state switch
    {
        { RestoringTo: { } target } => string.Create(CultureInfo.InvariantCulture, $"archive {Word(target)} {readyAt.UtcDateTime:O}"),
        { Tier: StorageTier.Hot } => null,
        _ => Word(state.Tier),
    };

    static bool TryParse(string line, out StorageTier tier, out StorageTier? restoringTo, out DateTimeOffset readyAt)
    {
        restoringTo = null;
        readyAt = default;
        var words = line.Split(' ');
        if (!TryParseWord(words[0], out tier))
            return false;
        if (words.Length == 1)
            return true;
        if (tier != StorageTier.Archive || words.Length != 3 || !TryParseWord(words[1], out var target))
            return false;
        restoringTo = target;
        return DateTimeOffset.TryParseExact(words[2], "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out readyAt);
    }

    static bool TryParseWord(string word, out StorageTier tier)
    {
        foreach (var candidate in Enum.GetValues<StorageTier>())
        {
            if (Word(candidate) == word)
            {
                tier = candidate;
                return true;
            }
        }

        tier = default;
        return false;
    }

    static string Word(StorageTier tier) => tier switch
    {
        StorageTier.Hot => "hot",
        StorageTier.Cool => "cool",
        StorageTier.Cold => "cold",
        StorageTier.Archive => "archive",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier."),
    };
}
